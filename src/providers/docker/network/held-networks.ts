import { chmod, writeFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { arch } from 'node:os'
import { join } from 'node:path'
import type { RunRequest } from '#contracts/engine.ts'
import type { HttpGate, OpenGate, Traffic } from '#contracts/http-gate.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { DockerApi } from '../api.ts'
import { inspectContainer } from '../container-state.ts'
import { createContainer } from '../create-container.ts'
import { holderNameOf } from '../names.ts'
import type { DockerSettings } from '../settings.ts'
import { canCloseMetadata, closeMetadata } from './close-metadata.ts'
import type { Inhabitant } from './enter-network.ts'
import { holderArgs, holderSpec } from './holder-spec.ts'
import { kernelRuntimes } from './http-verdict.ts'
import { idleProgram } from './idle-program.ts'
import { ownNetwork } from './network-spec.ts'
import { openListener } from './open-listener.ts'

export type HttpParts = {
  openGate: OpenGate
  /** How this program starts itself in the mode of `runListenChild`. */
  listenCommand: readonly string[]
}

type Open = { gate: HttpGate; server: Server }

export type HeldDeps = {
  api: DockerApi
  clock: Clock
  executorId: string
  settings: Pick<DockerSettings, 'isDefaultNetworked' | 'runtime'>
}

/**
 * Networks that are made ready before their program starts, so a container that does nothing holds them; both have the labels of the
 * execution. With HTTP: a loopback of its own with the port of a proxy on it, which leads into this process, and nothing else. Bridges,
 * where we can: closed to the services of a cloud.
 */
export class HeldNetworks {
  readonly #parts: HttpParts
  readonly #api: DockerApi
  readonly #clock: Clock
  readonly #executorId: string
  readonly #settings: HeldDeps['settings']
  readonly #open = new Map<ExecutionId, Open>()
  #closesBridges: Promise<boolean> | undefined

  constructor(parts: HttpParts, { api, clock, executorId, settings }: HeldDeps) {
    this.#parts = parts
    this.#api = api
    this.#clock = clock
    this.#executorId = executorId
    this.#settings = settings
  }

  /** Makes the network of an execution when it is one of these; the name of its holder. What a failure leaves is for the caller to remove. */
  async make(request: RunRequest, image: string, fetchImage: () => Promise<void>): Promise<string | undefined> {
    const isHttp = request.network.Type === 'HTTP'
    const network = ownNetwork(request.network, this.#settings.isDefaultNetworked)
    if (!isHttp && !(network.host['NetworkMode'] === 'bridge' && (await this.#canCloseBridges()))) return undefined
    const name = holderNameOf(this.#executorId, request)
    const parts = { image, executorId: this.#executorId, idleFile: await idleFile(request), network }
    await createContainer(this.#api, { name, spec: holderSpec(request, parts), fetchImage })
    await this.#api.call('POST', `/containers/${name}/start`)
    if (isHttp) await this.attach(request)
    else await closeMetadata(await this.#inhabitant(request), this.#clock)
    return name
  }

  /** Found out once: neither our rights nor the processor change while we run. */
  #canCloseBridges(): Promise<boolean> {
    const isPossible = kernelRuntimes.includes(this.#settings.runtime) && idleProgram(arch()) !== undefined
    this.#closesBridges ??= isPossible ? canCloseMetadata() : Promise.resolve(false)
    return this.#closesBridges
  }

  async #inhabitant(request: RunRequest): Promise<Inhabitant> {
    const holder = await inspectContainer(this.#api, holderNameOf(this.#executorId, request))
    if (!holder?.State.Running) throw holderGone()
    return { pid: holder.State.Pid, args: holderArgs(request) }
  }

  /** Opens our end of an HTTP network that is there. */
  async attach(request: RunRequest): Promise<void> {
    const inhabitant = await this.#inhabitant(request)
    const gate = this.#parts.openGate({ jobId: request.jobId, domains: request.network.Domains ?? [] })
    const server = await openListener({
      inhabitant,
      command: this.#parts.listenCommand,
      clock: this.#clock,
      take: (connection) => gate.serve(connection),
    })
    this.#open.set(request.executionId, { gate, server })
  }

  /** What went through so far; undefined for a program without such a network. */
  traffic(id: ExecutionId): Traffic | undefined {
    return this.#open.get(id)?.gate.traffic
  }

  /** Closes our end; the network stays as long as its containers. */
  release(id: ExecutionId): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    open?.server.close()
    open?.gate.close()
  }

  releaseAll(): void {
    for (const id of this.#open.keys()) this.release(id)
  }
}

const holderGone = (): Fault =>
  new Fault('ServiceUnavailable', 'the container that holds the network of the program is gone', {
    component: 'Docker',
    details: { FailureClass: 'node' },
  })

async function idleFile({ scratch }: RunRequest): Promise<string> {
  const program = idleProgram(arch())
  if (!program) throw new Fault('NotImplemented', 'no HTTP network on this processor', { component: 'Docker' })
  await scratch.make()
  const path = join(scratch.path, 'idle')
  await writeFile(path, program)
  await chmod(path, 0o755)
  return path
}
