import type { Provider } from '#contracts/provider.ts'
import type { Clock } from '#lib/clock.ts'
import { WasmEngine } from './engine.ts'
import { RunnerPool } from './pool/runner-pool.ts'
import type { WasmSettings } from './settings.ts'

export type WasmDeps = {
  clock: Clock
  /** How to start a runner child: program and arguments that end in `runWasmChild`. */
  command: readonly string[]
}

/** WebAssembly programs. The pool of runner children is a part that is started and stopped with the node. */
export const wasmProvider = (settings: WasmSettings, { clock, command }: WasmDeps): Provider => {
  const pool = new RunnerPool({ command, settings, clock })
  return { engines: [new WasmEngine(settings, pool)], parts: [pool] }
}
