import type { JobsApi } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import { type Job, type JobSpec } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Cluster } from './cluster.ts'
import type { DurableModel } from './invariants/durable-model.ts'
import { drawJob } from './job-mix.ts'
import type { World } from './world.ts'

type Reply<Value> = { kind: 'ok'; value: Value } | { kind: 'failed'; fault: Fault } | { kind: 'unknown' }

const patienceUs = 30_000_000
const longestTripUs = 5_000

/**
 * A user with a bad line: submits, stops, reads, and asks again with the same token when it does not know what became of
 * a request. It knows what it was told, and that is what must stay true.
 */
export class Client {
  readonly #asked: Map<string, JobSpec>
  readonly #world: World
  readonly #cluster: Cluster
  readonly #model: DurableModel
  readonly #random
  readonly #known: JobId[] = []
  readonly #stopped = new Set<JobId>()
  readonly #lastRead = new Map<JobId, Job>()
  /** Requests whose outcome it does not know yet. */
  pending = 0

  constructor(world: World, cluster: Cluster, model: DurableModel, asked: Map<string, JobSpec>) {
    this.#asked = asked
    this.#world = world
    this.#cluster = cluster
    this.#model = model
    this.#random = world.random.fork('client')
  }

  /** One thing a user does. */
  act(): void {
    const chance = this.#random.float()
    if (this.#known.length === 0 || chance < 0.5) this.#submit()
    else if (chance < 0.65) this.#stop(this.#random.pick(this.#known))
    else this.#read(this.#random.pick(this.#known))
  }

  #submit(): void {
    const mark = `job-${this.#asked.size}`
    const spec = drawJob(this.#random, mark)
    this.#asked.set(mark, spec)
    this.#untilKnown(
      `submit ${mark}`,
      (jobs) => jobs.submit(submissionOf(spec)),
      ({ JobID }) => {
        if (!this.#model.jobs.has(JobID)) this.#world.violate('I1', `${JobID} was acknowledged and is not on disk`)
        if (!this.#known.includes(JobID)) this.#known.push(JobID)
      },
    )
  }

  #stop(id: JobId): void {
    this.#untilKnown(
      `stop ${id}`,
      (jobs) => jobs.stop(id, 'enough'),
      () => {
        this.#stopped.add(id)
        const state = this.#model.jobs.get(id)?.State.StateType ?? 'Undefined'
        if (!isTerminalJob(state)) this.#world.violate('I1', `the stop of ${id} was acknowledged, and it is ${state}`)
      },
    )
  }

  /** I14: what was read is on disk, and later reads never show less. */
  #read(id: JobId): void {
    this.#call(
      `get ${id}`,
      (jobs) => jobs.get(id),
      (reply) => {
        if (reply.kind === 'failed' && reply.fault.code === 'NotFound') {
          this.#world.violate('I1', `${id} was acknowledged and is not found`)
        }
        if (reply.kind !== 'ok') return
        const stored = this.#model.jobs.get(id)?.Revision ?? 0
        if (reply.value.Revision > stored) this.#world.violate('I14', `${id} was read before it was on disk`)
        const last = this.#lastRead.get(id)
        if (!last || last.Revision <= reply.value.Revision) this.#lastRead.set(id, reply.value)
      },
    )
  }

  #untilKnown<Value>(what: string, request: (jobs: JobsApi) => Promise<Value>, onDone: (value: Value) => void): void {
    this.pending += 1
    const again = (): void =>
      this.#call(what, request, (reply) => {
        const isRefused = reply.kind === 'failed' && reply.fault.code === 'Conflict' && !reply.fault.isRetryable
        if (reply.kind === 'ok') onDone(reply.value)
        if (reply.kind === 'ok' || isRefused) this.pending -= 1
        else this.#world.timeline.after(this.#random.int(200_000, 2_000_000), `client repeats ${what}`, again)
      })
    again()
  }

  #call<Value>(what: string, request: (jobs: JobsApi) => Promise<Value>, onReply: (reply: Reply<Value>) => void): void {
    const { timeline } = this.#world
    let isAnswered = false
    const answer = (reply: Reply<Value>): void => {
      if (isAnswered) return
      isAnswered = true
      limit.stop()
      this.#world.note(`client: ${what} ${reply.kind === 'failed' ? reply.fault.message : reply.kind}`)
      onReply(reply)
    }
    const limit = timeline.after(patienceUs, `client gives up ${what}`, () => answer({ kind: 'unknown' }))
    timeline.after(this.#random.int(0, longestTripUs), `client asks ${what}`, () => {
      const target = this.#cluster.orchestrator
      if (!target) return
      const back = (reply: Reply<Value>): void => {
        if (!target.life.isAlive || this.#world.strikes('answer lost')) return
        timeline.after(this.#random.int(0, longestTripUs), `client hears ${what}`, () => answer(reply))
      }
      request(target.jobs).then(
        (value) => back({ kind: 'ok', value }),
        (error: unknown) => {
          if (error instanceof Fault) return back({ kind: 'failed', fault: error })
          if (target.life.isAlive) this.#world.violate('no bug', `${what}: ${(error as Error).stack}`)
        },
      )
    })
  }
}

const submissionOf = (spec: JobSpec): Parameters<JobsApi['submit']>[0] => ({
  spec,
  isForced: false,
  naming: 'independent',
  warnings: [],
  idempotency: { token: spec.Name, bodyHash: spec.Name },
})
