import { existsSync } from 'node:fs'
import type { Engine, RunningProgram, RunRequest } from '#contracts/engine.ts'
import type { HttpGate, OpenGate } from '#contracts/http-gate.ts'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import { faultOf, messageOf } from '#lib/fault.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource, NetworkConfig } from '#models/task.ts'
import { decodeWasmParams, type WasmParams, wasmType } from './engine-params.ts'
import { ModuleDigests } from './module-digest.ts'
import { needsOf, orderOf, orderWithout } from './order.ts'
import type { CpuLimit } from './pool/cpu-limit.ts'
import type { Runner } from './pool/runner.ts'
import { noNeeds, type RunnerNeeds, type RunnerSupply, takesLongToLoad } from './pool/runner-supply.ts'
import { WasmProgram } from './program.ts'
import type { WasmSettings } from './settings.ts'

const sandboxHint =
  'Where bubblewrap is installed it has to be allowed to make namespaces; else set Engines.Types.Wasm.Isolation to pooled'

export type WasmParts = { runners: RunnerSupply; cpu: CpuLimit; openGate: OpenGate }

/** Runs WebAssembly programs with WASI preview 1 in runner children. They end with the node. */
export class WasmEngine implements Engine {
  readonly type = wasmType
  readonly #settings: WasmSettings
  readonly #runners: RunnerSupply
  readonly #cpu: CpuLimit
  readonly #openGate: OpenGate
  readonly #programs = new Set<WasmProgram>()
  readonly #digests = new ModuleDigests()
  /** Each is asked for at the bid, for the inputs and for the start; a specification is never changed. */
  readonly #decoded = new WeakMap<SpecConfig, WasmParams>()

  constructor(settings: WasmSettings, { runners, cpu, openGate }: WasmParts) {
    this.#settings = settings
    this.#runners = runners
    this.#cpu = cpu
    this.#openGate = openGate
  }

  /** Files are held through /proc, which only Linux has; and a child must come up, as those that work have. */
  async isInstalled(signal: AbortSignal): Promise<Verdict> {
    if (!existsSync('/proc/self/fd')) return no('WASM programs need Linux with /proc')
    if (this.#runners.working > 0) return yes
    try {
      const runner = await this.#runners.take(noNeeds, signal)
      const isReady = await runner.ready
      this.#runners.release(runner, !isReady)
      const hint = this.#settings.isolation === 'process' ? sandboxHint : undefined
      return isReady ? yes : no(`the WASM runner process could not be started: ${runner.cause}`, hint)
    } catch (error) {
      return no(messageOf(error), faultOf(error).hint)
    }
  }

  engineInputs(engine: SpecConfig): readonly InputSource[] {
    const { entryModule, importModules } = this.#paramsOf(engine)
    return [entryModule, ...importModules].filter((source) => typeof source !== 'string')
  }

  /** There are no sockets inside, whatever the network; HTTP is asked for through the host. */
  async accepts(engine: SpecConfig, _network: NetworkConfig, _signal: AbortSignal): Promise<Verdict> {
    try {
      this.#paramsOf(engine)
      return yes
    } catch (error) {
      return no(messageOf(error), faultOf(error).hint)
    }
  }

  async start(request: RunRequest, signal: AbortSignal): Promise<RunningProgram> {
    const order = await orderOf(request, this.#paramsOf(request.engine), this.#settings, this.#digests)
    const needs = needsOf(order)
    const source = {
      take: () => this.#runners.take(needs, signal),
      release: (runner: Runner, isSpent: boolean) => this.#runners.release(runner, isSpent),
      hold: (runner: Runner) => this.#heldTo(request.resources.CPU, runner, needs),
    }
    const first = await source.take()
    if (signal.aborted) {
      source.release(first, false)
      throw signal.reason
    }
    const orderFor = (runner: Runner) => ({
      ...orderWithout(runner.modules, order),
      forget: runner.makeRoom(this.#settings.moduleCacheBytes, needs.digests),
      tellsLoaded: takesLongToLoad(runner, needs),
    })
    return this.#hold(new WasmProgram(first, source, orderFor, request.logs, this.#gateOf(request)), signal)
  }

  /** Others wait for a child that compiles for long, so it has a core for that, whatever its program may have. */
  #heldTo(cores: number, runner: Runner, needs: RunnerNeeds): () => void {
    const hold = (most: number) => this.#cpu.hold(runner.pid ?? 0, most)
    if (!takesLongToLoad(runner, needs)) return hold(cores)
    let isOver = false
    let letGo = hold(1)
    runner.onceLoaded(() => {
      if (isOver) return
      letGo()
      letGo = hold(cores)
    })
    return () => {
      isOver = true
      letGo()
    }
  }

  /** Throws the Fault of `decodeWasmParams`. */
  #paramsOf(engine: SpecConfig): WasmParams {
    const known = this.#decoded.get(engine)
    if (known) return known
    const params = decodeWasmParams(engine)
    this.#decoded.set(engine, params)
    return params
  }

  /** What the program may ask over HTTP; undefined = nothing. */
  #gateOf({ jobId, network }: RunRequest): HttpGate | undefined {
    switch (network.Type) {
      case 'HTTP':
        return this.#openGate({ jobId, domains: network.Domains ?? [] })
      case 'Host':
      case 'Full':
        return this.#openGate({ jobId, domains: 'all' })
      case 'Default':
        return this.#settings.isDefaultNetworked ? this.#openGate({ jobId, domains: 'all' }) : undefined
      case 'None':
      case 'Bridge':
        return undefined
    }
  }

  /** Until it has ended it can be ended: by whoever started it, or with the engine. */
  #hold(program: WasmProgram, signal: AbortSignal): WasmProgram {
    const onAbort = (): void => void program.stop()
    this.#programs.add(program)
    signal.addEventListener('abort', onAbort, { once: true })
    void program.exit.then(() => {
      signal.removeEventListener('abort', onAbort)
      this.#programs.delete(program)
    })
    return program
  }

  /** A program of an earlier life of this node has ended with it. */
  async attach(): Promise<undefined> {
    return undefined
  }

  /** Nothing is left behind: children have no files of their own. */
  async sweep(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program.lose()))
  }
}
