/** Node has it, but @types/node leaves it to the DOM library, which is not wanted here. */
declare namespace WebAssembly {
  interface ModuleEntry {
    readonly name: string
    readonly kind: 'function' | 'global' | 'memory' | 'table' | 'tag'
  }
  class Module {
    constructor(bytes: Uint8Array)
    static exports(module: Module): readonly ModuleEntry[]
    static imports(module: Module): readonly ModuleEntry[]
  }
  class Instance {
    constructor(module: Module, imports?: object)
    readonly exports: Readonly<Record<string, unknown>>
  }
}
