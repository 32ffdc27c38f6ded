/** decide.wasm as the Workers runtime hands it over: compiled already. Node loads the bytes by itself. */
import decideModule from './generated/decide.wasm'

export default decideModule
