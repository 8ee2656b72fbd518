import { chmod } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Engine, Exit, RunningProgram, RunRequest } from '#contracts/engine.ts'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, faultOf, messageOf } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource, NetworkConfig } from '#models/task.ts'
import { DockerApi, dockerStatusOf, unlessDone } from './api.ts'
import { holdContainer } from './container.ts'
import { type ContainerSpec, containerSpec, httpRefusal } from './container-spec.ts'
import { inspectContainer } from './container-state.ts'
import { watchDisk } from './disk-watch.ts'
import { dockerTarget } from './docker-host.ts'
import { type DockerParams, decodeDockerParams, dockerType } from './engine-params.ts'
import { readExit, writeExit } from './exit-record.ts'
import { gpuDevices } from './gpu-devices.ts'
import { ImagePlatforms } from './image-platform.ts'
import { containerNameOf, executionLabel, executorIdOf, labelFilter } from './names.ts'
import { isImageMissing, pullImage } from './pull.ts'
import type { DockerSettings } from './settings.ts'
import { startFailure } from './start-failure.ts'
import { sweep } from './sweep.ts'

export type DockerDeps = { clock: Clock; owner: string }

/** Runs programs in containers of a Docker engine (execution.md §1). Containers outlive us; `attach` finds them again. */
export class DockerEngine implements Engine {
  readonly type = dockerType
  readonly #settings: DockerSettings
  readonly #clock: Clock
  readonly #executorId: string
  readonly #api: DockerApi
  readonly #platforms: ImagePlatforms
  readonly #released = new AbortController()
  readonly #running = new Set<ExecutionId>()
  readonly #removals = new Set<Promise<void>>()

  constructor(settings: DockerSettings, { clock, owner }: DockerDeps) {
    this.#settings = settings
    this.#clock = clock
    this.#executorId = executorIdOf(owner)
    this.#api = new DockerApi(dockerTarget(settings), clock)
    this.#platforms = new ImagePlatforms(this.#api, settings, clock)
  }

  async isInstalled(signal: AbortSignal): Promise<Verdict> {
    try {
      await this.#api.ping(signal)
      return yes
    } catch (error) {
      return no(messageOf(error), faultOf(error).hint)
    }
  }

  engineInputs(engine: SpecConfig): readonly InputSource[] {
    decodeDockerParams(engine)
    return []
  }

  async accepts(engine: SpecConfig, network: NetworkConfig, signal: AbortSignal): Promise<Verdict> {
    if (network.Type === 'HTTP') return no(httpRefusal, 'Use another network type, or a node that can')
    let params: DockerParams
    try {
      params = decodeDockerParams(engine)
    } catch (error) {
      return no(messageOf(error), faultOf(error).hint)
    }
    return this.#platforms.fit(params.Image, signal)
  }

  async start(request: RunRequest, signal: AbortSignal): Promise<RunningProgram> {
    if (this.#running.has(request.executionId)) {
      throw new Fault('Conflict', `starting execution (${request.executionId}): execution already started`)
    }
    this.#running.add(request.executionId)
    try {
      return await this.#started(request, signal)
    } catch (error) {
      this.#running.delete(request.executionId)
      throw error
    }
  }

  async #started(request: RunRequest, signal: AbortSignal): Promise<RunningProgram> {
    const params = decodeDockerParams(request.engine)
    const name = containerNameOf(this.#executorId, request.jobId, request.executionId)
    try {
      const spec = await this.#specOf(request, params)
      const id = await this.#create(name, spec, params.Image, signal)
      // From here on until the program is held nothing is aborted half way; the signal is looked at in between.
      const live = await this.#api.attach(id)
      signal.throwIfAborted()
      const failure = await this.#run(id, live)
      if (failure) return this.#neverRan(request, name, failure)
      signal.throwIfAborted()
      return this.#hold(request, id, live)
    } catch (error) {
      await this.#remove(name)
      throw error
    }
  }

  async #specOf(request: RunRequest, params: DockerParams): Promise<ContainerSpec> {
    const gpus = await gpuDevices(request.resources).catch(failedTo('creating container devices'))
    // Images may run as any user; the folder above these is ours alone.
    await Promise.all(request.outputs.map(({ hostPath }) => chmod(hostPath, 0o777)))
    return containerSpec(request, params, this.#executorId, this.#settings, gpus)
  }

  /** Tries with what the engine has, and fetches the image only when that is missing. */
  async #create(name: string, spec: ContainerSpec, image: string, signal: AbortSignal): Promise<string> {
    const create = async () =>
      (await this.#api.call<{ Id: string }>('POST', '/containers/create', { query: { name }, body: spec })).Id
    try {
      return await create()
    } catch (error) {
      if (!isImageMissing(error)) return failedTo('creating container')(error)
    }
    await pullImage(this.#api, this.#settings, image, signal)
    signal.throwIfAborted()
    return create().catch(failedTo('creating container'))
  }

  /** The failure of the program itself to start; an engine that is away is thrown. */
  async #run(id: string, live: Readable): Promise<Exit | undefined> {
    try {
      await this.#api.call('POST', `/containers/${id}/start`)
      return undefined
    } catch (error) {
      live.destroy()
      if (dockerStatusOf(error) === undefined) throw error
      return startFailure(error, (await inspectContainer(this.#api, id))?.State.ExitCode)
    }
  }

  async #neverRan(request: RunRequest, name: string, exit: Exit): Promise<RunningProgram> {
    await this.#remove(name)
    this.#running.delete(request.executionId)
    return endedProgram(exit)
  }

  #hold(request: RunRequest, id: string, live: Readable | undefined): RunningProgram {
    const watch = watchDisk({ api: this.#api, clock: this.#clock, id, request, released: this.#released.signal })
    return holdContainer({
      api: this.#api,
      clock: this.#clock,
      id,
      logs: request.logs,
      ...(live && { live }),
      released: this.#released.signal,
      failure: watch.failure,
      beforeExit: async (exit) => {
        watch.stop()
        const isKept = await writeExit(request.scratch, exit).then(
          () => true,
          () => false,
        )
        this.#running.delete(request.executionId)
        // Without the record the container itself is what attach would look for; the next sweep takes it.
        if (isKept) this.#removeLater(id)
      },
    })
  }

  async attach(request: RunRequest, signal: AbortSignal): Promise<RunningProgram | undefined> {
    const found = await this.#find(request.executionId, signal)
    if (!found) {
      const exit = await readExit(request.scratch)
      return exit && endedProgram(exit)
    }
    this.#running.add(request.executionId)
    return this.#hold(request, found, undefined)
  }

  /** The container of an execution that ran or runs. One that was never started is removed: the execution knows nothing of it. */
  async #find(executionId: ExecutionId, signal: AbortSignal): Promise<string | undefined> {
    const filters = labelFilter(executionLabel, this.#executorId + executionId)
    const listed = await this.#api.call<{ Id: string }[]>('GET', '/containers/json', {
      query: { all: true, filters },
      signal,
    })
    for (const { Id } of listed) {
      const info = await inspectContainer(this.#api, Id)
      if (!info || info.State.Status === 'removing' || info.State.Status === 'dead') continue
      if (info.State.Status !== 'created' || !(await this.#removedUnstarted(Id))) return Id
    }
    return undefined
  }

  /** False when it was started at this very moment: a start of ours was still under way when we were killed. */
  async #removedUnstarted(id: string): Promise<boolean> {
    try {
      await this.#api.call('DELETE', `/containers/${id}`, { query: { v: true } })
      return true
    } catch (error) {
      if (dockerStatusOf(error) === 404) return true
      if (dockerStatusOf(error) === 409) return false
      throw error
    }
  }

  async sweep(keep: ReadonlySet<ExecutionId>): Promise<void> {
    await sweep(this.#api, this.#executorId, keep)
  }

  /** Containers go on; what we are about to remove is removed. */
  async close(): Promise<void> {
    this.#released.abort(new Fault('Cancelled', 'the node lets go of its containers', { component: 'Docker' }))
    await Promise.all(this.#removals)
  }

  #removeLater(id: string): void {
    const removal = this.#remove(id).finally(() => this.#removals.delete(removal))
    this.#removals.add(removal)
  }

  /** What cannot be removed now is found by its label at the next sweep. */
  async #remove(idOrName: string): Promise<void> {
    if (this.#settings.isStackKept) return
    const query = { force: true, v: true }
    await unlessDone(this.#api.call('DELETE', `/containers/${idOrName}`, { query })).catch(() => {})
  }
}

const endedProgram = (exit: Exit): RunningProgram => ({ exit: Promise.resolve(exit), stop: async () => {} })

/** Puts the words before a failure that clients know, and keeps what it says of itself. */
const failedTo =
  (step: string) =>
  (error: unknown): never => {
    const fault = faultOf(error)
    const isUsers = dockerStatusOf(error) === 400
    throw new Fault(fault.code, `failed to create docker job container: ${step}: ${fault.message}`, {
      component: 'Docker',
      ...(fault.hint && { hint: fault.hint }),
      isRetryable: fault.isRetryable,
      details: { FailureClass: isUsers ? 'user' : 'node', ...fault.details },
      cause: error,
    })
  }
