import { setFlagsFromString } from 'node:v8'
import { answerLimitBytes, childFd, frameKind } from '../protocol/frames.ts'
import { optimizingFlags } from './compiler-flags.ts'
import { garbage } from './garbage.ts'
import { ModuleStore } from './module-store.ts'
import { nextMessage, nextOrder } from './orders.ts'
import { Outbox } from './outbox.ts'
import { PipeWeb } from './pipe-web.ts'
import { monotonicMs, realWorld } from './real-world.ts'
import { runProgram } from './run-program.ts'
import { makeSharedOutput } from './shared-output.ts'
import { startWatchman } from './watchman.ts'

const traceFrames = 40
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
  const outbox = new Outbox(childFd.frames, shared, nudge, monotonicMs, outputPauseMs)
  const web = new PipeWeb(
    (request) => outbox.ask(request),
    () => nextMessage(childFd.orders, answerLimitBytes),
  )
  const store = new ModuleStore()
  const { collectYoung, collectAfterRun } = garbage()
  outbox.say(frameKind.ready)
  for (let next = nextOrder(childFd.orders); next; next = nextOrder(childFd.orders)) {
    const { order, sizeBytes } = next
    outbox.say(frameKind.taken)
    const onLoaded = () => outbox.say(frameKind.loaded)
    const report = runProgram(order, store, { world: realWorld(), output: outbox, web, collectYoung, onLoaded })
    outbox.finish(report)
    collectAfterRun(sizeBytes, store.memories.takeBack())
  }
  process.exit(0)
}

/**
 * In the executable nothing has run WebAssembly yet, so V8's flags can still be set. A script's types were stripped by
 * WebAssembly in this very process, under which they must not change: such a child has them on its command line.
 */
function setCompiler(isTiered: boolean): void {
  const isScript = process.argv[1]?.endsWith('.ts') ?? false
  if (isTiered || isScript) return
  for (const flag of optimizingFlags) setFlagsFromString(flag)
}
