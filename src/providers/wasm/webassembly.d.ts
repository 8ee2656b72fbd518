/** The part of the WebAssembly API used here; the compiler knows it only together with the browser's types. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
    static customSections(module: Module, name: string): ArrayBuffer[]
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number })
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  /** Here always one of 32 bits. */
  class Global {
    readonly value: number
  }
  class Instance {
    constructor(module: Module, imports: Imports)
    readonly exports: Record<string, ExportValue>
  }
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  class Exception {}
  type ExportValue = ((...args: unknown[]) => unknown) | Memory | object
  type Imports = Record<string, Record<string, ExportValue>>
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean
}
