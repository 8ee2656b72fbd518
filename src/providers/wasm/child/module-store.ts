import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { InvalidModule } from '../binary/invalid-module.ts'
import { type PreparedModule, prepareModule } from '../binary/prepare.ts'
import { ModuleProblem } from './module-problem.ts'
import { SpareMemories } from './spare-memories.ts'

/** A compiled module with what linking and traces need to know of it. */
export type LoadedModule = {
  digest: string
  sizeBytes: number
  compiled: WebAssembly.Module
  prepared: Omit<PreparedModule, 'bytes'>
}

/** What stays of a run for later ones: modules compiled, by the digest of their bytes, until the node wants them forgotten; and memories. */
export class ModuleStore {
  readonly memories = new SpareMemories()
  readonly #modules = new Map<string, LoadedModule>()

  forget(digests: readonly string[]): void {
    for (const digest of digests) this.#modules.delete(digest)
  }

  find(digest: string | undefined): LoadedModule | undefined {
    return digest === undefined ? undefined : this.#modules.get(digest)
  }

  /** Throws InvalidModule with a text for the module's author. */
  load(bytes: Uint8Array): LoadedModule {
    const digest = createHash('sha256').update(bytes).digest('hex')
    const known = this.#modules.get(digest)
    if (known) return known
    const { bytes: code, ...prepared } = prepareModule(bytes)
    const module = {
      digest,
      sizeBytes: bytes.byteLength,
      compiled: compile(code, bytes),
      prepared: { ...prepared, functionTypes: Uint8Array.from(prepared.functionTypes) },
    }
    this.#modules.set(digest, module)
    return module
  }
}

function compile(code: Uint8Array<ArrayBuffer>, original: Uint8Array): WebAssembly.Module {
  const compiled = tryCompile(code)
  if (compiled instanceof WebAssembly.Module) return compiled
  // What is wrong with the module as its author has it, so that the place is one in their file.
  const mistake = tryCompile(Uint8Array.from(original))
  throw new InvalidModule(mistake instanceof WebAssembly.Module ? textOf(compiled).text : withPlace(textOf(mistake)))
}

function tryCompile(code: Uint8Array<ArrayBuffer>): WebAssembly.Module | WebAssembly.CompileError {
  try {
    return new WebAssembly.Module(code)
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return error
    throw error
  }
}

function textOf({ message }: WebAssembly.CompileError): { text: string; place: string | undefined } {
  const [, text = message, place] = /^(?:WebAssembly\.Module\(\): )?(.*?)(?: @\+(\d+))?$/s.exec(message) ?? []
  return { text, place }
}

const withPlace = ({ text, place }: ReturnType<typeof textOf>): string =>
  place === undefined ? text : `${text} (at byte ${place})`

export function checkSize(sizeBytes: number, limitBytes: number): void {
  if (sizeBytes > limitBytes)
    throw new ModuleProblem(`module of ${sizeBytes} bytes is larger than the limit of ${limitBytes}`, {
      hint: 'Take out what it does not need to run, such as its debug information: wasm-strip FILE, or -Wl,--strip-all when it is built',
    })
}

/** The whole of an open file. */
export function readWhole(fd: number, sizeBytes: number, limitBytes: number): Uint8Array {
  checkSize(sizeBytes, limitBytes)
  const bytes = Buffer.allocUnsafeSlow(sizeBytes)
  let at = 0
  while (at < sizeBytes) {
    const count = readSync(fd, bytes, at, sizeBytes - at, at)
    if (count === 0) break
    at += count
  }
  return bytes.subarray(0, at)
}
