import { ByteReader } from '../binary/byte-reader.ts'
import type { FunctionType } from '../binary/function-type.ts'
import type { LoadedModule } from './module-store.ts'

const frameLimit = 30
const nameLimit = 200

const outOfBounds = 'out of bounds memory access'
const recursion = 'after many calls of the same functions: most likely a recursion without an end'

/** Our engine's words → the words that clients of the reference know. */
const causes: [pattern: RegExp, text: string][] = [
  [/^unreachable/, 'unreachable'],
  [/memory access out of bounds|data segment/, outOfBounds],
  [/divide by zero|remainder by zero/, 'integer divide by zero'],
  [/divide result unrepresentable/, 'integer overflow'],
  [/float unrepresentable/, 'invalid conversion to integer'],
  [/table index is out of bounds|table access|element segment/, 'invalid table access'],
  [/signature mismatch|null function/, 'indirect call type mismatch'],
  [/call stack size exceeded/, 'stack overflow'],
]

export const isStackOverflow = (error: unknown): boolean =>
  error instanceof RangeError && error.message.includes('call stack size exceeded')

/** `wasm error: <cause>` and the functions that were running, innermost first, with their types. */
export function trapText(error: Error, modules: readonly LoadedModule[]): string {
  const cause = causes.find(([pattern]) => pattern.test(error.message))?.[1] ?? error.message
  const frames = framesOf(error).slice(0, frameLimit)
  const why = cause === outOfBounds && isRecursion(frames) ? `${cause} (${recursion})` : cause
  const lines = frames.map((frame) => `\n\t${describe(frame, modules)}`)
  return `wasm error: ${why}${lines.length > 0 ? `\nwasm stack trace:${lines.join('')}` : ''}`
}

/** Functions that may call each other in turn. */
const fewFunctions = 4

/** What compilers keep on a stack of their own, in the memory, runs out there before the engine's does. */
const isRecursion = (frames: readonly Frame[]): boolean =>
  frames.length === frameLimit && new Set(frames.map(({ module, index }) => `${module} ${index}`)).size <= fewFunctions

type Frame = { module: string; name: string; index: number }

function framesOf(error: Error): Frame[] {
  const usual = Error.prepareStackTrace
  const frames: Frame[] = []
  try {
    // The stack is formatted when it is first read.
    Error.prepareStackTrace = (_error, sites) => {
      for (const site of sites) {
        const [, module = ''] = /^wasm:\/\/wasm\/(?:([^]*)-)?[0-9a-f]+$/.exec(site.getFileName() ?? '') ?? []
        const [, index] = /:wasm-function\[(\d+)\]:0x[0-9a-f]+\)?$/.exec(site.toString()) ?? []
        if (index !== undefined) frames.push({ module, name: site.getFunctionName() ?? '', index: Number(index) })
      }
      return ''
    }
    void error.stack
  } finally {
    Error.prepareStackTrace = usual
  }
  return frames
}

function describe({ module, name, index }: Frame, modules: readonly LoadedModule[]): string {
  const candidates = modules.length === 1 ? modules : modules.filter((each) => moduleName(each) === module)
  const title = `${module}.${name === '' ? `$${index}` : name}`.slice(0, nameLimit)
  const type = candidates.length === 1 ? typeOfFunction(candidates[0] as LoadedModule, index) : undefined
  return `${title}(${type?.params.join(',') ?? ''})${resultsOf(type)}`
}

function resultsOf(type: FunctionType | undefined): string {
  if (type === undefined || type.results.length === 0) return ''
  return type.results.length === 1 ? ` ${type.results[0]}` : ` (${type.results.join(',')})`
}

export function typeOfFunction({ prepared }: LoadedModule, index: number): FunctionType | undefined {
  const imported = prepared.imports.filter((each) => each.kind === 'function')
  const known = imported[index]
  if (known) return prepared.types[known.type]
  const reader = new ByteReader(prepared.functionTypes)
  const count = reader.u32()
  if (index - imported.length >= count) return undefined
  for (let before = imported.length; before < index; before += 1) reader.u32()
  return prepared.types[reader.u32()]
}

/** What the name section calls the module. */
function moduleName({ compiled }: LoadedModule): string {
  const [section] = WebAssembly.Module.customSections(compiled, 'name')
  if (section === undefined) return ''
  const reader = new ByteReader(new Uint8Array(section))
  if (reader.isAtEnd || reader.u8() !== 0) return ''
  reader.u32()
  return reader.name()
}
