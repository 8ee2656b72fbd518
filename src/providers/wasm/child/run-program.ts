import type { RunFailure, RunOrder, RunReport } from '../protocol/run-order.ts'
import { fixedWorld } from '../wasi/fixed-world.ts'
import { Guest, type GuestOptions } from '../wasi/guest.ts'
import { instantiateProgram } from './instantiate.ts'
import { loadProgram } from './load-program.ts'
import { wantOfMemory } from './memory-budget.ts'
import { ModuleProblem } from './module-problem.ts'
import type { LoadedModule, ModuleStore } from './module-store.ts'
import { noWeb } from './pipe-web.ts'
import { isStackOverflow, trapText } from './trap-text.ts'

/** Exit code of a program that was never called. */
const notRun = -1
/** Exit code of a program that broke off. */
const broken = 1

/** What a run has around it. */
export type Surroundings = Pick<GuestOptions, 'world' | 'output' | 'web' | 'collectYoung'> & {
  /** Hears that the modules are compiled, when the order asks for that. */
  onLoaded?: () => void
}
/** `used`: the modules of the program, once they are loaded. */
type Run = { order: RunOrder; store: ModuleStore; guest: Guest; used: LoadedModule[]; onLoaded: () => void }

/** The same each time: nothing of the world outside, so no web either. */
const repeatable = (around: Surroundings, seed: bigint): Surroundings => ({
  ...around,
  world: fixedWorld(seed),
  web: noWeb,
})

/**
 * One run from order to report: fresh memory, fresh descriptors, nothing left afterwards but what the store keeps.
 * A return without `proc_exit` is exit code 0.
 */
export function runProgram(order: RunOrder, store: ModuleStore, around: Surroundings): RunReport {
  store.forget(order.forget)
  const used: LoadedModule[] = []
  const guest = openGuest(order, order.seed === undefined ? around : repeatable(around, BigInt(order.seed)))
  const onLoaded = order.tellsLoaded && around.onLoaded ? around.onLoaded : () => {}
  const end = guest ? runGuest({ order, store, guest, used, onLoaded }) : inputsGone
  const modules = used.map(({ digest, sizeBytes }) => ({ digest, sizeBytes }))
  return { ...end, modules, memoryBytes: guest?.memoryBytes ?? 0 }
}

type End = Omit<RunReport, 'modules' | 'memoryBytes'>

/** Undefined when a folder of the job cannot be opened. */
function openGuest(order: RunOrder, around: Surroundings): Guest | undefined {
  try {
    return new Guest({ ...order, ...around })
  } catch {
    return undefined
  }
}

function runGuest(run: Run): End {
  try {
    return callEntry(run)
  } catch (error) {
    return endOf(error, run.guest, run.used)
  } finally {
    run.guest.close()
  }
}

function callEntry({ order, store, guest, used, onLoaded }: Run): End {
  const program = loadProgram(order, store, guest.tree.root)
  used.push(...program.parts.map(({ module }) => module))
  onLoaded()
  const instance = instantiateProgram(program, guest, order.memoryPages, store.memories)
  const entry = instance.exports[order.entrypoint]
  if (typeof entry !== 'function') {
    const message = `unable to find the entrypoint '${order.entrypoint}' in the WASM module`
    throw new ModuleProblem(message, { hint: hintOn(instance, program.entry.module) })
  }
  if (entry.length > 0) {
    const hint =
      'The entry point has to be a function without parameters; what the job gives as Parameters a program reads as its arguments'
    throw new ModuleProblem(`expected ${entry.length} params, but passed 0`, { hint })
  }
  entry()
  return endedBy(guest) ?? { exitCode: 0, isSpent: false }
}

const namesShown = 10

function hintOn({ exports }: WebAssembly.Instance, { sizeBytes }: LoadedModule): string {
  // A file that was cut off where a section ends is a module still.
  if (Object.keys(exports).length === 0) {
    return `The module of ${sizeBytes} bytes exports nothing: its file may have been cut off. Compare it with the original`
  }
  const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function')
  if (names.length === 0) return 'The module exports no function: build it as a program, not as a library'
  const more = names.length > namesShown ? ', …' : ''
  return `Name one of the functions that it exports: ${names.slice(0, namesShown).join(', ')}${more}`
}

function endOf(error: unknown, guest: Guest, used: readonly LoadedModule[]): End {
  if (error instanceof ModuleProblem) return { exitCode: notRun, failure: error.failure, isSpent: false }
  if (isStackOverflow(guest.bug ?? error)) {
    return { ...failed(trapText((guest.bug ?? error) as Error, used), 'user', broken), isSpent: true }
  }
  if (guest.bug !== undefined) return internalError(guest.bug)
  const end = endedBy(guest)
  if (end) return end
  if (error instanceof WebAssembly.RuntimeError) return brokenOff(trapText(error, used), guest)
  if (error instanceof WebAssembly.Exception) return brokenOff('wasm error: uncaught exception', guest)
  return internalError(error)
}

function endedBy({ end }: Guest): End | undefined {
  if (end === undefined) return undefined
  return { exitCode: end.exitCode, ...(end.failure ? { failure: end.failure } : {}), isSpent: false }
}

const failed = (message: string, failureClass: RunFailure['class'], exitCode: number): End => ({
  exitCode,
  failure: { message, class: failureClass },
  isSpent: false,
})

/** By a trap or an exception, which is how most programs end that are refused memory. */
function brokenOff(message: string, guest: Guest): End {
  const want = wantOfMemory(guest)
  if (want === undefined) return failed(message, 'user', broken)
  const [cause, ...trace] = message.split('\n')
  const hint = 'Ask for more memory in the Resources of the task'
  const failure = {
    message: [`${cause} (${want})`, ...trace].join('\n'),
    class: 'resource',
    hint,
    lacks: 'memory',
  } as const
  return { exitCode: broken, failure, isSpent: false }
}

/** Our own mistake; its text may speak of this machine, so only its kind is told. */
const internalError = (error: unknown): End => ({
  ...failed(
    `WASM executor failed with an internal error: ${error instanceof Error ? error.name : typeof error}`,
    'transient',
    notRun,
  ),
  isSpent: true,
})

const inputsGone = failed('an input or output of the job is not on this node any more', 'node', notRun)
