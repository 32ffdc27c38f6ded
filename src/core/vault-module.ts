/** vault.wasm as the Workers runtime hands it over: compiled already. Node loads the bytes by itself. */
import vaultModule from './generated/vault.wasm'

export default vaultModule
