import { createHash } from 'node:crypto'
import type { Exit } from '#contracts/engine.ts'
import { messageOf } from '#lib/fault.ts'
import { parseResources } from '#lib/resources.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import { addResources, fitsInto, noResources, type Resources, subtractResources } from '#models/resources.ts'
import type { Life } from '../life.ts'
import type { Machine } from '../machine.ts'
import { heardBy } from '../simulated-provider.ts'
import type { Witness } from '../witness.ts'
import type { World } from '../world.ts'
import type { GoReport } from './go-disk.ts'

/** An order, as far as this node reads it. */
export type GoOrder = { ID: ExecutionId; JobID: JobId; Job: { Tasks: [GoTask] } }
type GoTask = {
  Env?: Record<string, string>
  Publisher?: { Type: string }
  Resources?: { CPU?: string; Memory?: string }
}

type Work = { order: GoOrder; need: Resources; stop?: () => void; isCancelled: boolean }

export type GoWorkParts = {
  world: World
  life: Life
  machine: Machine
  witness: Witness
  report: (report: GoReport) => void
}

const longestStepUs = 300_000

/** The work of one life of a Go-like node: a queue, programs, and reports. Whatever is not on its disk dies with it. */
export class GoWork {
  readonly #parts: GoWorkParts
  /** Bidden for; nobody has said yet whether they are to run. */
  readonly #bids = new Map<ExecutionId, Work>()
  readonly #queue: Work[] = []
  readonly #running = new Map<ExecutionId, Work>()

  constructor(parts: GoWorkParts) {
    this.#parts = parts
  }

  get available(): Resources {
    return subtractResources(this.#parts.machine.facts.capacity, sumOf([...this.#running.values()]))
  }

  get queued(): Resources {
    return sumOf(this.#queue)
  }

  /** What was interrupted has failed; what only waited is forgotten, as real nodes do. */
  start(): void {
    const { executions } = this.#parts.machine.goDisk
    for (const [executionId, state] of executions) {
      if (state !== 'queued') executions.set(executionId, 'ended')
      if (state === 'running') this.#fail(executionId, 'Failing due to node restart', true)
    }
  }

  /** `isBid`: it is told later whether to start. False = it has it, or had it, already. */
  take(order: GoOrder, isBid: boolean): boolean {
    const { goDisk } = this.#parts.machine
    if (goDisk.executions.has(order.ID)) return false
    const { CPU = '0.5', Memory = '512mb' } = order.Job.Tasks[0].Resources ?? {}
    const need = { ...noResources(), ...parseResources({ CPU, Memory }) }
    const work = { order, need, isCancelled: false }
    if (!isBid) this.#enqueue(work)
    else {
      goDisk.executions.set(order.ID, 'bid')
      this.#bids.set(order.ID, work)
      this.#later(() => this.#parts.report({ kind: 'accepted', executionId: order.ID }))
    }
    return true
  }

  startBid(executionId: ExecutionId): void {
    const work = this.#bids.get(executionId)
    if (work) this.#enqueue(work)
  }

  #enqueue(work: Work): void {
    this.#bids.delete(work.order.ID)
    this.#parts.machine.goDisk.executions.set(work.order.ID, 'queued')
    this.#queue.push(work)
    this.#startNext()
  }

  /** False = nothing of that kind is here. */
  cancel(executionId: ExecutionId): boolean {
    if (this.#bids.delete(executionId)) return true
    const waiting = this.#queue.findIndex(({ order }) => order.ID === executionId)
    const work = waiting === -1 ? this.#running.get(executionId) : this.#queue.splice(waiting, 1)[0]
    if (!work || work.isCancelled) return work !== undefined
    work.isCancelled = true
    if (waiting !== -1) this.#end(work, { kind: 'cancelled', executionId })
    else work.stop?.()
    return true
  }

  #startNext(): void {
    const next = this.#queue[0]
    if (!next || !fitsInto(next.need, this.available)) return
    this.#queue.shift()
    this.#running.set(next.order.ID, next)
    this.#parts.machine.goDisk.executions.set(next.order.ID, 'running')
    this.#later(() => void this.#run(next))
    this.#startNext()
  }

  async #run(work: Work): Promise<void> {
    const { machine, life } = this.#parts
    const { ID: executionId, JobID: jobId, Job } = work.order
    if (work.isCancelled) return this.#end(work, { kind: 'cancelled', executionId })
    const [{ Env: env = {} }] = Job.Tasks
    let exit: Exit
    try {
      const logs = { write: () => undefined }
      const program = heardBy(life, machine.programs.start({ executionId, jobId, resources: work.need, env, logs }))
      work.stop = () => void program.stop(1_000)
      exit = await program.exit
    } catch (error) {
      return this.#end(work, { kind: 'failed', executionId, text: messageOf(error), failsExecution: false })
    }
    this.#later(() => this.#ended(work, exit))
  }

  #ended(work: Work, exit: Exit): void {
    const { ID: executionId, Job } = work.order
    if (work.isCancelled) return this.#end(work, { kind: 'cancelled', executionId })
    if (exit.failure)
      return this.#end(work, { kind: 'failed', executionId, text: exit.failure.message, failsExecution: false })
    const published = this.#publish(executionId, Job.Tasks[0].Publisher?.Type ?? '')
    this.#end(work, { kind: 'ended', executionId, exitCode: exit.exitCode, errorText: '', published })
  }

  #publish(executionId: ExecutionId, Type: string): { Type: string; Params?: object } {
    if (Type === '') return { Type }
    const digest = createHash('sha256').update(executionId).digest('hex')
    this.#parts.witness.published.set(executionId, { executionId, digest })
    return { Type, Params: { Key: executionId, Digest: digest } }
  }

  #end(work: Work, report: GoReport): void {
    this.#running.delete(work.order.ID)
    this.#parts.machine.goDisk.executions.set(work.order.ID, 'ended')
    this.#parts.report(report)
    this.#startNext()
  }

  #fail(executionId: ExecutionId, text: string, failsExecution: boolean): void {
    this.#parts.report({ kind: 'failed', executionId, text, failsExecution })
  }

  #later(act: () => void): void {
    const { world, life } = this.#parts
    world.timeline.after(world.random.float() * longestStepUs, `${life.name} works`, () => life.run(act))
  }
}

const sumOf = (works: readonly Work[]): Resources => works.map(({ need }) => need).reduce(addResources, noResources())
