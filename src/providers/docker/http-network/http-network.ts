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
import { holderArgs, holderSpec } from './holder-spec.ts'
import { idleProgram } from './idle-program.ts'
import { openListener } from './open-listener.ts'

export type HttpParts = {
  openGate: OpenGate
  /** How this program starts itself in the mode of `runListenChild`. */
  listenCommand: readonly string[]
}

type Open = { gate: HttpGate; server: Server }

/**
 * Networks of programs that have HTTP and nothing else: a loopback of their own with the port of a proxy on it, which leads into
 * this process. A container that does nothing holds each, from before the program starts; both have the labels of the execution.
 */
export class HttpNetworks {
  readonly #parts: HttpParts
  readonly #api: DockerApi
  readonly #clock: Clock
  readonly #executorId: string
  readonly #open = new Map<ExecutionId, Open>()

  constructor(parts: HttpParts, api: DockerApi, clock: Clock, executorId: string) {
    this.#parts = parts
    this.#api = api
    this.#clock = clock
    this.#executorId = executorId
  }

  /** Makes one, the proxy in it ready. What a failure leaves is for the caller to remove. */
  async make(request: RunRequest, image: string, fetchImage: () => Promise<void>): Promise<void> {
    const spec = holderSpec(request, image, this.#executorId, await idleFile(request))
    const id = await createContainer(this.#api, { name: holderNameOf(this.#executorId, request), spec, fetchImage })
    await this.#api.call('POST', `/containers/${id}/start`)
    await this.attach(request)
  }

  /** Opens our end of one that is there. */
  async attach(request: RunRequest): Promise<void> {
    const holder = await inspectContainer(this.#api, holderNameOf(this.#executorId, request))
    if (!holder?.State.Running) throw holderGone()
    const gate = this.#parts.openGate({ jobId: request.jobId, domains: request.network.Domains ?? [] })
    const server = await openListener({
      pid: holder.State.Pid,
      args: holderArgs(request),
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
