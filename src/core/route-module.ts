/** route.wasm as the Workers runtime hands it over: compiled already. Node loads the bytes by itself. */
import routeModule from './generated/route.wasm'

export default routeModule
