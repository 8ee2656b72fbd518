import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Engine, Exit, RunningProgram, RunRequest } from '#contracts/engine.ts'
import type { OpenGate } from '#contracts/http-gate.ts'
import type { InlineFile, PreparedInput } from '#contracts/storage.ts'
import { newExecutionId, newJobId } from '#models/ids.ts'
import { noResources } from '#models/resources.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { SystemClock } from '#platform/clock.ts'
import { WasmEngine } from '#providers/wasm/engine.ts'
import { CpuLimit } from '#providers/wasm/pool/cpu-limit.ts'
import type { RunnerSupply } from '#providers/wasm/pool/runner-supply.ts'
import { runnerSupply } from '#providers/wasm/provider.ts'
import { defaultWasmSettings, type WasmSettings } from '#providers/wasm/settings.ts'
import { httpParts } from './http-parts.ts'
import { MemorySink } from './memory-sink.ts'
import { wasmCommand } from './wasm-command.ts'
import { wasmFixture } from './wasm-order.ts'

const moduleSource = (name: string) => ({ Source: { Type: 'inline', Params: { URL: name } }, Alias: '', Target: '/m' })

/** The engine part of a job that runs a module of the fixtures. */
export const wasmProgram = (name: string, params: Record<string, unknown> = {}): SpecConfig => ({
  Type: 'wasm',
  Params: { EntryModule: moduleSource(name), ...params },
})

/** A command of the program `tool`. */
export const wasmTool = (...args: string[]): SpecConfig => wasmProgram('tool', { Parameters: args })

/** Modules as a storage would have prepared them: the URL names a fixture, which comes as bytes, or a file. */
export const preparedModules = (engine: Engine, program: SpecConfig): (PreparedInput | InlineFile)[] =>
  engine.engineInputs(program).map((input) => {
    const hostPath = input.Source.Params?.['URL'] as string
    if (!hostPath.includes('/')) return { input, guestPath: input.Target, bytes: readFileSync(wasmFixture(hostPath)) }
    return { input, hostPath, kind: 'file', guestPath: input.Target, isReadOnly: true }
  })

export type WasmRun = { program: RunningProgram; logs: MemorySink; exit: Promise<Exit> }

/** An engine with real children, for one test file. */
export class WasmEngineKit {
  readonly pool: RunnerSupply
  readonly engine: WasmEngine

  constructor(
    settings: Partial<WasmSettings> = {},
    command: readonly string[] = wasmCommand,
    openGate: OpenGate = httpParts().openGate,
  ) {
    const whole = { ...defaultWasmSettings, ...settings }
    const clock = new SystemClock()
    this.pool = runnerSupply({ command, settings: whole, clock, log: () => {} })
    this.engine = new WasmEngine(whole, { runners: this.pool, cpu: new CpuLimit(clock), openGate })
    void this.pool.start()
  }

  request(program: SpecConfig, parts: Partial<RunRequest> = {}): RunRequest {
    return {
      executionId: newExecutionId(randomUUID()),
      jobId: newJobId(randomUUID()),
      engine: program,
      env: {},
      inputs: [],
      engineInputs: preparedModules(this.engine, program),
      outputs: [],
      resources: { ...noResources(), Memory: 256 * 1024 * 1024 },
      network: { Type: 'None' },
      logs: new MemorySink(),
      scratch: { path: '/nowhere', make: () => Promise.reject(new Error('nothing is put there')) },
      ...parts,
    }
  }

  async start(
    spec: SpecConfig,
    parts: Partial<RunRequest> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<WasmRun> {
    const logs = new MemorySink()
    const program = await this.engine.start(this.request(spec, { logs, ...parts }), signal)
    return { program, logs, exit: program.exit }
  }

  /** Runs to the end. */
  async run(spec: SpecConfig, parts: Partial<RunRequest> = {}): Promise<Exit & { stdout: string; stderr: string }> {
    const { exit, logs } = await this.start(spec, parts)
    return { ...(await exit), stdout: logs.stdout, stderr: logs.stderr }
  }

  async close(): Promise<void> {
    await this.engine.close()
    await this.pool.stop()
  }
}
