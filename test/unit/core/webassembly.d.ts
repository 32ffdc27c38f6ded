/** Node has it, but @types/node leaves it to the DOM library, which is not wanted here. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
}
