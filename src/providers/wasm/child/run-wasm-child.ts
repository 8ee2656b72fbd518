import { setFlagsFromString } from 'node:v8'
import { childFd } from '../protocol/frames.ts'
import { ModuleStore } from './module-store.ts'
import { nextOrder } from './orders.ts'
import { Outbox } from './outbox.ts'
import { realWorld } from './real-world.ts'
import { runProgram } from './run-program.ts'
import { makeSharedOutput } from './shared-output.ts'
import { startWatchman } from './watchman.ts'

const traceFrames = 60
const outputPauseMs = 5

/**
 * The whole life of a runner child: it takes orders from its standard input, one at a time, and ends with it. Arguments:
 * `tiered` keeps V8's baseline compiler. The main thread blocks, in reading or in the guest; the watchman does not.
 */
export function runWasmChild(args: readonly string[]): never {
  setCompiler(args.includes('tiered'))
  Error.stackTraceLimit = traceFrames
  const shared = makeSharedOutput()
  const nudge = startWatchman({ frames: childFd.frames, lifeline: childFd.lifeline }, shared, outputPauseMs)
  const outbox = new Outbox(childFd.frames, shared, nudge, () => performance.now(), outputPauseMs)
  const store = new ModuleStore()
  const world = realWorld()
  outbox.sayReady()
  for (let order = nextOrder(childFd.orders); order; order = nextOrder(childFd.orders)) {
    const report = runProgram(order, store, world, outbox)
    outbox.finish(report)
  }
  process.exit(0)
}

/**
 * A loop that runs for long stays in baseline code for good, six times slower, so functions are compiled by the
 * optimizing compiler, each when it is first called. The other two flags belong to it: V8 sets them together on the
 * command line, and without them crashes on the feedback that baseline code would have collected.
 */
function setCompiler(isTiered: boolean): void {
  setFlagsFromString('--wasm-lazy-compilation')
  if (isTiered) return
  for (const flag of ['--no-liftoff', '--no-wasm-dynamic-tiering', '--no-wasm-deopt']) setFlagsFromString(flag)
}
