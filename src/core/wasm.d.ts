declare module '*.wasm' {
  const module: WebAssembly.Module
  export default module
}

/** A data module. */
declare module '*.bin' {
  const bytes: ArrayBuffer
  export default bytes
}
