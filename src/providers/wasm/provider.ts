import type { OpenGate } from '#contracts/http-gate.ts'
import type { Provider } from '#contracts/provider.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { WasmEngine } from './engine.ts'
import { CpuLimit } from './pool/cpu-limit.ts'
import { RunnerPool } from './pool/runner-pool.ts'
import type { RunnerSupply, RunnerSupplyOptions } from './pool/runner-supply.ts'
import { SingleRunners } from './pool/single-runners.ts'
import type { WasmSettings } from './settings.ts'

export type WasmDeps = {
  clock: Clock
  /** How to start a runner child: program and arguments that end in `runWasmChild`. */
  command: readonly string[]
  openGate: OpenGate
  log: EventLog
}

/** WebAssembly programs. The supply of runner children is a part that is started and stopped with the node. */
export const wasmProvider = (settings: WasmSettings, deps: WasmDeps): Provider => {
  const runners = runnerSupply({ ...deps, settings })
  return {
    engines: [new WasmEngine(settings, { runners, cpu: new CpuLimit(deps.clock), openGate: deps.openGate })],
    parts: [runners],
  }
}

export const runnerSupply = (options: RunnerSupplyOptions): RunnerSupply =>
  options.settings.isolation === 'process' ? new SingleRunners(options) : new RunnerPool(options)
