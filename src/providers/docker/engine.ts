import { chmod } from 'node:fs/promises'
import { getgid, getuid } from 'node:process'
import type { Readable } from 'node:stream'
import type { Engine, Exit, KeptExecutions, RunningProgram, RunRequest } from '#contracts/engine.ts'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, faultOf, messageOf } from '#lib/fault.ts'
import { SharedWork, type Tell } from '#lib/shared-work.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { Gpu } from '#models/resources.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource, NetworkConfig } from '#models/task.ts'
import { DockerApi } from './api.ts'
import { openResults } from './closed-results.ts'
import { holdContainer } from './container.ts'
import { type ContainerSpec, containerSpec, isBareName } from './container-spec.ts'
import { inspectContainer } from './container-state.ts'
import { createContainer, failedTo } from './create-container.ts'
import { type DockerTarget, dockerTarget } from './docker-host.ts'
import { isPodman } from './engine-kind.ts'
import { type DockerParams, decodeDockerParams, dockerType } from './engine-params.ts'
import { readExit, writeExit } from './exit-record.ts'
import { findContainer } from './find-container.ts'
import { checkGpus, gpuDevices, gpuVerdict } from './gpu-devices.ts'
import { imageToRun } from './image-to-run.ts'
import { Images } from './images.ts'
import { watchLimits } from './limit-watch.ts'
import { LogCopy } from './log-copy.ts'
import { forgetDigest, nameImage } from './name-image.ts'
import { containerNameOf, executorIdOf, holderNameOf } from './names.ts'
import { HeldNetworks, type HttpParts } from './network/held-networks.ts'
import { httpVerdict } from './network/http-verdict.ts'
import { patiently } from './patience.ts'
import { pullImage } from './pull.ts'
import { removeContainer } from './remove-container.ts'
import { runtimeVerdict } from './runtime-verdict.ts'
import type { DockerSettings } from './settings.ts'
import { startContainer } from './start-container.ts'
import { sweep } from './sweep.ts'

export type DockerDeps = { clock: Clock; owner: string; http: HttpParts }

/** Runs programs in containers of a Docker engine. Containers outlive us; `attach` finds them again. */
export class DockerEngine implements Engine {
  readonly type = dockerType
  readonly stopGraceMs: number
  readonly #settings: DockerSettings
  readonly #clock: Clock
  readonly #executorId: string
  readonly #target: DockerTarget
  readonly #api: DockerApi
  readonly #networks: HeldNetworks
  readonly #images: Images
  readonly #pulls = new SharedWork<void>()
  readonly #logCopy: LogCopy
  readonly #released = new AbortController()
  readonly #running = new Set<ExecutionId>()
  /** What is being written down and removed of programs that have ended. */
  readonly #endings = new Set<Promise<void>>()

  constructor(settings: DockerSettings, { clock, owner, http }: DockerDeps) {
    this.stopGraceMs = settings.stopGraceMs
    this.#settings = settings
    this.#clock = clock
    this.#executorId = executorIdOf(owner)
    this.#target = dockerTarget(settings)
    this.#api = new DockerApi(this.#target, clock)
    this.#networks = new HeldNetworks(http, { api: this.#api, clock, executorId: this.#executorId, settings })
    this.#images = new Images(this.#api, settings, clock)
    this.#logCopy = new LogCopy(this.#api, settings.logMaxBytes)
  }

  async isInstalled(signal: AbortSignal): Promise<Verdict> {
    try {
      await this.#api.ping(signal)
      return await runtimeVerdict(this.#api, this.#settings.runtime, signal)
    } catch (error) {
      this.#logCopy.forget()
      return no(messageOf(error), faultOf(error).hint)
    }
  }

  engineInputs(engine: SpecConfig): readonly InputSource[] {
    decodeDockerParams(engine)
    return []
  }

  async accepts(engine: SpecConfig, network: NetworkConfig, signal: AbortSignal): Promise<Verdict> {
    let params: DockerParams
    try {
      params = decodeDockerParams(engine)
    } catch (error) {
      return no(messageOf(error), faultOf(error).hint)
    }
    const verdict = network.Type === 'HTTP' ? await httpVerdict(this.#target, this.#settings) : yes
    return verdict.isYes ? this.#images.fit(params.Image, signal) : verdict
  }

  handsIn(gpu: Gpu, signal: AbortSignal): Promise<Verdict> {
    return gpuVerdict(this.#api, gpu, signal)
  }

  contentOf(engine: SpecConfig, signal: AbortSignal): Promise<string | undefined> {
    return this.#images.pinned(decodeDockerParams(engine).Image, signal)
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
    const asked = decodeDockerParams(request.engine)
    const params = { ...asked, Image: imageToRun(asked.Image, request.content) }
    const name = containerNameOf(this.#executorId, request)
    try {
      const fetchImage = () => this.#fetchImage(params.Image, asked.Image, request, signal)
      if (this.#images.isForeign(asked.Image)) await fetchImage()
      const holder = await this.#networks.make(request, params.Image, fetchImage)
      const spec = await this.#specOf(request, params, holder)
      const id = await createContainer(this.#api, { name, spec, fetchImage })
      await checkGpus(this.#api, id, spec.HostConfig)
      // From here on until the program is held nothing is aborted half way; the signal is looked at in between.
      const started = await startContainer(this.#api, id, signal)
      if ('failure' in started) return await this.#neverRan(request, started.failure)
      signal.throwIfAborted()
      return this.#hold(request, id, started.live)
    } catch (error) {
      await this.#remove(request)
      throw error
    }
  }

  /** Brings the image by its digest, where that is fixed, and gives it the name that the job has for it, while that stands for it. */
  async #fetchImage(fixed: string, asked: string, request: RunRequest, signal: AbortSignal): Promise<void> {
    const isForeign = this.#images.isForeign(asked)
    if (isForeign && fixed !== asked) await forgetDigest(this.#api, fixed)
    try {
      await this.#pull(fixed, signal, request.onProgress)
    } catch (error) {
      if (isForeign) await this.#images.checkLocal(asked, signal, error)
      throw error
    }
    await this.#images.checkLocal(fixed, signal)
    if (this.#images.standsFor(asked, fixed)) await nameImage(this.#api, fixed, asked, isForeign)
  }

  #pull(image: string, signal: AbortSignal, onProgress: RunRequest['onProgress']): Promise<void> {
    const pull = (shared: AbortSignal, tell: Tell) =>
      pullImage(this.#api, this.#settings, { image, clock: this.#clock, tell }, shared)
    return this.#pulls.get(image, signal, pull, onProgress)
  }

  async #specOf(request: RunRequest, params: DockerParams, holder?: string): Promise<ContainerSpec> {
    const gpus = await gpuDevices(request.resources).catch(failedTo('creating container devices'))
    // Images may run as any user; the folder above these is ours alone.
    await Promise.all(request.outputs.map(({ hostPath }) => chmod(hostPath, 0o777)))
    // Podman would give the program its service's own variable of that name, and all of them for `*`.
    const takesBareNames = !params.EnvironmentVariables?.some(isBareName) || !(await isPodman(this.#api))
    const parts = { logConfig: await this.#logCopy.config(), gpus, takesBareNames, ...(holder && { holder }) }
    return containerSpec(request, params, this.#executorId, this.#settings, parts)
  }

  async #neverRan(request: RunRequest, exit: Exit): Promise<RunningProgram> {
    await this.#remove(request)
    this.#running.delete(request.executionId)
    return endedProgram(exit)
  }

  #hold(request: RunRequest, id: string, live: Readable | undefined): RunningProgram {
    const shared = { api: this.#api, clock: this.#clock, id, released: this.#released.signal }
    const limits = watchLimits({ ...shared, request, pidsLimit: this.#settings.pidsLimit })
    return holdContainer({
      ...shared,
      logs: request.logs,
      engineKeepsBytes: this.#logCopy.keptBytes,
      ...(live && { live }),
      limits,
      tell: (text) => request.onProgress?.(text),
      openResults: () => this.#openResults(request, id),
      traffic: () => this.#networks.traffic(request.executionId),
      beforeExit: (exit) => this.#ending(this.#conclude(request, exit)),
    })
  }

  /** Root sees and removes everything anyway. */
  async #openResults(request: RunRequest, id: string): Promise<void> {
    const uid = getuid?.() ?? 0
    if (uid === 0) return
    await openResults(this.#api, id, request.outputs, { uid, gid: getgid?.() ?? 0 }).catch((error: unknown) =>
      request.onProgress?.(`Results that the program has closed to others cannot be opened: ${messageOf(error)}`),
    )
  }

  async #conclude(request: RunRequest, exit: Exit): Promise<void> {
    await request.logs.keep?.()
    const isKept = await writeExit(request.scratch, exit).then(
      () => true,
      () => false,
    )
    this.#running.delete(request.executionId)
    this.#networks.release(request.executionId)
    // Without the record the container itself is what attach would look for; the next sweep takes it.
    if (isKept) await this.#clearAway(request)
  }

  /** In the background, but for ports of the machine: who hears of its end may be given them at once. */
  #clearAway(request: RunRequest): Promise<void> | undefined {
    const gone = this.#ending(this.#remove(request))
    return request.network.Ports?.length ? gone : undefined
  }

  async attach(request: RunRequest, signal: AbortSignal): Promise<RunningProgram | undefined> {
    // First of all: a container whose end is written down may be about to go.
    const exit = await readExit(request.scratch)
    if (exit) {
      await this.#clearAway(request)
      return endedProgram(exit)
    }
    const find = () => findContainer(this.#api, this.#executorId, request.executionId, signal)
    const found = await patiently(find, this.#clock, signal)
    if (!found) {
      // Its network may be there already, with the ports of the machine that its next attempt is to have.
      await this.#remove(request)
      return undefined
    }
    if (request.network.Type === 'HTTP') await this.#attachHttp(request)
    this.#running.add(request.executionId)
    return this.#hold(request, found, undefined)
  }

  /** Without the network that it was promised a program is not left to itself. One that has ended needs none. */
  async #attachHttp(request: RunRequest): Promise<void> {
    const name = containerNameOf(this.#executorId, request)
    if (!(await inspectContainer(this.#api, name))?.State.Running) return
    try {
      await this.#networks.attach(request)
    } catch (error) {
      await this.#remove(request)
      throw error
    }
  }

  async sweep(keep: KeptExecutions): Promise<void> {
    if (this.#settings.isStackKept) return
    await sweep(this.#api, this.#executorId, keep)
  }

  /** Containers go on; what we are about to remove is removed. */
  async close(): Promise<void> {
    this.#released.abort(new Fault('Cancelled', 'the node lets go of its containers', { component: 'Docker' }))
    this.#networks.releaseAll()
    while (this.#endings.size > 0) await Promise.all(this.#endings)
  }

  #ending(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.#endings.delete(tracked))
    this.#endings.add(tracked)
    return tracked
  }

  /** What cannot be removed now goes when the engine answers again; if we leave before that, it is found by its label at the next sweep. */
  async #remove(request: RunRequest): Promise<void> {
    this.#networks.release(request.executionId)
    if (this.#settings.isStackKept) return
    const remove = async (name: string) => {
      const ask = () => removeContainer(this.#api, name)
      await ask().catch(() => void patiently(ask, this.#clock, this.#released.signal).catch(() => {}))
    }
    await remove(containerNameOf(this.#executorId, request))
    // After those that use its network.
    if (!['None', 'Full', 'Host'].includes(request.network.Type)) await remove(holderNameOf(this.#executorId, request))
  }
}

const endedProgram = (exit: Exit): RunningProgram => ({ exit: Promise.resolve(exit), stop: async () => {} })
