/** vault.wasm as the Workers runtime hands it over: compiled already, and as the bytes that the core hashes. Node loads it by itself. */
import vaultBytes from './generated/vault.bin'
import vaultModule from './generated/vault.wasm'

export { vaultBytes }
export default vaultModule
