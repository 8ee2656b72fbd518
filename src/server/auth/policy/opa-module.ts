import { createContext, Script } from 'node:vm'
import { Fault, messageOf } from '#lib/fault.ts'
import type { Builtins } from './opa-builtins.ts'
import type { Compiled } from './read-policy.ts'

/** One question may take this long; then its answer is an error. */
const limitMs = 1_000
const pageBytes = 65_536
const memory = { initial: 5, maximum: 1_024 }

type Exports = {
  builtins(): number
  entrypoints(): number
  opa_malloc(size: number): number
  opa_json_parse(address: number, length: number): number
  opa_json_dump(address: number): number
  opa_heap_ptr_get(): number
  opa_eval(reserved: 0, entry: number, data: number, input: number, length: number, heap: number, format: 0): number
  opa_wasm_abi_version?: { value: number }
  opa_wasm_abi_minor_version?: { value: number }
}

/** A policy that `opa build -t wasm` made, by its binary interface 1.2 and later. It has no way out but the built-ins. */
export class OpaModule {
  readonly #path: string
  readonly #module: WebAssembly.Module
  readonly #builtins: Builtins
  #instance: Instance | undefined

  /** Throws a Fault ValidationError for what cannot be evaluated, before anybody is asked to wait for it. */
  constructor({ path, bytes }: Compiled, builtins: Builtins) {
    this.#path = path
    this.#builtins = builtins
    try {
      this.#module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
      this.#instance = new Instance(this.#module, builtins)
    } catch (error) {
      throw new Fault('ValidationError', `invalid config: cannot use the policy ${path}: ${messageOf(error)}`, {
        component: 'Config',
        hint: 'It has to be the policy.wasm of a bundle of `opa build -t wasm`.',
        cause: error,
      })
    }
  }

  /** Throws a Fault ValidationError when the policy was compiled without this entry point. */
  needEntry(entry: string): void {
    if (this.has(entry)) return
    throw new Fault('ValidationError', `invalid config: the policy ${this.#path} has no entry point ${entry}`, {
      component: 'Config',
      hint: `Compile it with -e ${entry}.`,
    })
  }

  has(entry: string): boolean {
    return this.#instance?.entries.has(entry) ?? false
  }

  /** The value of a rule; undefined when it has none for this input. An Error when it failed or took too long. */
  evaluate(entry: string, input: unknown): unknown {
    const instance = (this.#instance ??= new Instance(this.#module, this.#builtins))
    try {
      return within(limitMs, () => instance.evaluate(entry, JSON.stringify(input)))
    } catch (error) {
      // What was interrupted cannot be gone on with.
      this.#instance = undefined
      throw new Error(`the policy ${this.#path} failed: ${reasonOf(error)}`, { cause: error })
    }
  }
}

const reasonOf = (error: unknown): string =>
  (error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    ? `no answer within ${limitMs} ms`
    : messageOf(error)

const call = new Script('act()')
const room = createContext({ act: () => undefined as unknown })

/** Interrupts also what never gives control back. */
function within(ms: number, act: () => unknown): unknown {
  room['act'] = act
  return call.runInContext(room, { timeout: ms })
}

class Instance {
  readonly entries: ReadonlyMap<string, number>
  readonly #memory = new WebAssembly.Memory(memory)
  readonly #exports: Exports
  readonly #names: ReadonlyMap<number, string>
  readonly #builtins: Builtins
  readonly #data: number
  readonly #heap: number

  constructor(module: WebAssembly.Module, builtins: Builtins) {
    this.#builtins = builtins
    const builtin = (id: number, _context: number, ...args: number[]) => this.#builtin(id, args)
    const arities = [0, 1, 2, 3, 4].map((count) => [`opa_builtin${count}`, builtin])
    const abort = (address: number) => {
      throw new Error(this.#textAt(address))
    }
    const env = { memory: this.#memory, opa_abort: abort, opa_println: () => {}, ...Object.fromEntries(arities) }
    this.#exports = new WebAssembly.Instance(module, { env }).exports as unknown as Exports
    const [major, minor] = [this.#exports.opa_wasm_abi_version, this.#exports.opa_wasm_abi_minor_version]
    if (major?.value !== 1 || (minor?.value ?? 0) < 2) throw new Error('it is not of the binary interface 1.2 or later')
    this.entries = numbersIn(this.#dumped(this.#exports.entrypoints()))
    this.#names = new Map([...numbersIn(this.#dumped(this.#exports.builtins()))].map(([name, id]) => [id, name]))
    const strange = [...this.#names.values()].find((name) => !Object.hasOwn(builtins, name))
    if (strange !== undefined) throw new Error(`it uses the built-in ${strange}, which is not there`)
    this.#data = this.#parsed('{}')
    this.#heap = this.#exports.opa_heap_ptr_get()
  }

  /** Everything of an evaluation lies behind the heap as it was, and is forgotten by the next. */
  evaluate(entry: string, input: string): unknown {
    const bytes = Buffer.from(input)
    this.#makeRoom(this.#heap + bytes.length)
    new Uint8Array(this.#memory.buffer).set(bytes, this.#heap)
    const end = this.#heap + bytes.length
    const answer = this.#exports.opa_eval(0, this.entries.get(entry) ?? 0, this.#data, this.#heap, bytes.length, end, 0)
    const [first] = JSON.parse(this.#textAt(answer)) as { result: unknown }[]
    return first?.result
  }

  #builtin(id: number, args: readonly number[]): number {
    const result = this.#builtins[this.#names.get(id) ?? '']?.(
      ...args.map((address) => JSON.parse(this.#dumped(address))),
    )
    return result === undefined ? 0 : this.#parsed(result)
  }

  #dumped(address: number): string {
    return this.#textAt(this.#exports.opa_json_dump(address))
  }

  #parsed(json: string): number {
    const bytes = Buffer.from(json)
    const at = this.#exports.opa_malloc(bytes.length)
    new Uint8Array(this.#memory.buffer).set(bytes, at)
    return this.#exports.opa_json_parse(at, bytes.length)
  }

  #textAt(address: number): string {
    const bytes = new Uint8Array(this.#memory.buffer)
    return Buffer.from(bytes.subarray(address, bytes.indexOf(0, address))).toString('utf8')
  }

  #makeRoom(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes))
  }
}

const numbersIn = (json: string): ReadonlyMap<string, number> => new Map(Object.entries(JSON.parse(json)))
