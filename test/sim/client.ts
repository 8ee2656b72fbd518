import type { Submission } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import { type Job, type JobSpec } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Cordon, Membership } from '#models/node.ts'
import type { Orchestrator } from '#orchestrator/orchestrator.ts'
import type { Cluster } from './cluster.ts'
import type { DurableModel } from './invariants/durable-model.ts'
import { calmJob, crowdJob, drawJob } from './job-mix.ts'
import type { World } from './world.ts'

type Reply<Value> = { kind: 'ok'; value: Value } | { kind: 'failed'; fault: Fault } | { kind: 'unknown' }

const patienceUs = 30_000_000
const longestTripUs = 5_000
const calmJobs = 3
const listLimit = 1_000

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
  readonly #rejected = new Set<NodeId>()
  readonly #cordoned = new Set<NodeId>()
  /** Nodes with a verdict under way. */
  readonly #judging = new Set<NodeId>()
  readonly #cordoning = new Set<NodeId>()
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
    if (this.#known.length === 0 || chance < 0.45) this.#submit()
    else if (chance < 0.6) this.#stop(this.#random.pick(this.#known))
    else if (chance < 0.7) this.#update(this.#random.pick(this.#known))
    else if (chance < 0.74) this.#judge(this.#random.pick(this.#cluster.machines).facts.nodeId)
    else if (chance < 0.78) this.#cordonOrNot(this.#random.pick(this.#cluster.machines).facts.nodeId)
    else if (chance < 0.85) this.#list()
    else this.#read(this.#random.pick(this.#known))
  }

  /** In the end every node is welcome again. */
  welcomeAll(): void {
    for (const nodeId of this.#rejected) if (!this.#judging.has(nodeId)) this.#approve(nodeId)
    for (const nodeId of this.#cordoned) if (!this.#cordoning.has(nodeId)) this.#uncordon(nodeId)
  }

  /** Ends half of what would never end, and asks for more than there is room for. */
  workInCalm(): void {
    const endless = this.#known.filter((id) => !isTerminalJob(this.#model.jobs.get(id)?.State.StateType ?? 'Undefined'))
    for (const id of endless) if (this.#random.happens(0.5)) this.#stop(id)
    for (let count = 0; count < calmJobs; count++) this.#submit((mark) => calmJob(this.#random, mark))
  }

  /** Asks for so many executions that take so many CPUs each. Returns the mark of the job. */
  crowdIn(count: number, cpu: number): string {
    return this.#submit((mark) => crowdJob(mark, count, cpu))
  }

  /** Ends all that has not ended. */
  stopAll(): void {
    for (const id of this.#known)
      if (!isTerminalJob(this.#model.jobs.get(id)?.State.StateType ?? 'Stopped')) this.#stop(id)
  }

  /** Returns the mark of the job. */
  #submit(draw = (mark: string): JobSpec => drawJob(this.#random, mark)): string {
    const mark = `job-${this.#asked.size}`
    const spec = draw(mark)
    this.#asked.set(mark, spec)
    this.#untilKnown(
      `submit ${mark}`,
      ({ jobs }) => jobs.submit(submissionOf(spec, mark)),
      ({ JobID }) => {
        if (!this.#isStored(JobID)) this.#world.violate('I1', `${JobID} was acknowledged and is not on disk`)
        if (!this.#known.includes(JobID)) this.#known.push(JobID)
      },
    )
    return mark
  }

  /** On disk, or it was: what has ended is forgotten in some lives. */
  #isStored(id: JobId): boolean {
    return this.#model.jobs.has(id) || this.#model.removed.has(id)
  }

  #expectGone(id: JobId, error: unknown): void {
    const isNotFound = error instanceof Fault && error.code === 'NotFound'
    if (!isNotFound || !this.#model.removed.has(id)) throw error
  }

  /** A new version of a job that it knows. */
  #update(id: JobId): void {
    const known = this.#model.jobs.get(id)
    if (!known) return
    const mark = `${known.Name}-${this.#asked.size}`
    const spec: JobSpec = { ...drawJob(this.#random, mark), Name: known.Name, Type: known.Type }
    this.#asked.set(mark, spec)
    this.#untilKnown(
      `update ${id}`,
      ({ jobs }) => jobs.submit({ ...submissionOf(spec, mark), naming: 'versioned' }),
      ({ JobID }) => {
        if (JobID !== id && !this.#model.removed.has(id)) this.#world.violate('I10', `an update of ${id} made ${JobID}`)
        this.#requireVersion(id, mark)
      },
    )
  }

  #requireVersion(id: JobId, mark: string): void {
    if (!this.#model.hasMark(mark))
      this.#world.violate('I1', `version ${mark} of ${id} was acknowledged and is not on disk`)
  }

  /** A node is rejected, or approved again. */
  #judge(nodeId: NodeId): void {
    if (this.#judging.has(nodeId) || !this.#model.nodes.has(nodeId)) return
    if (this.#rejected.has(nodeId)) this.#approve(nodeId)
    else this.#reject(nodeId)
  }

  #reject(nodeId: NodeId): void {
    this.#judging.add(nodeId)
    this.#rejected.add(nodeId)
    const onDone = (): void => {
      this.#world.counts.add('node rejected')
      this.#judged(nodeId, 'REJECTED')
      if (this.#world.isHealed) this.#approve(nodeId)
    }
    this.#untilKnown(`reject ${nodeId}`, ({ nodes }) => nodes.reject(nodeId, 'no'), onDone, onDone)
  }

  #approve(nodeId: NodeId): void {
    this.#judging.add(nodeId)
    const onDone = (): void => {
      this.#rejected.delete(nodeId)
      this.#judged(nodeId, 'APPROVED')
    }
    this.#untilKnown(`approve ${nodeId}`, ({ nodes }) => nodes.approve(nodeId, 'yes'), onDone, onDone)
  }

  #judged(nodeId: NodeId, verdict: Membership): void {
    this.#judging.delete(nodeId)
    const stored = this.#model.nodes.get(nodeId)?.Membership
    if (stored !== verdict) this.#world.violate('I1', `${nodeId} was acknowledged as ${verdict} and is ${stored}`)
  }

  /** A node is cordoned or drained, or takes work again. */
  #cordonOrNot(nodeId: NodeId): void {
    if (this.#cordoning.has(nodeId) || !this.#model.nodes.has(nodeId)) return
    if (this.#cordoned.has(nodeId)) this.#uncordon(nodeId)
    else this.#cordon(nodeId, this.#random.happens(0.7))
  }

  #cordon(nodeId: NodeId, isDrained: boolean): void {
    this.#cordoning.add(nodeId)
    this.#cordoned.add(nodeId)
    const verb = isDrained ? 'drain' : 'cordon'
    const onDone = (): void => {
      this.#decided(nodeId, isDrained ? 'DRAINING' : 'CORDONED')
      if (this.#world.isHealed) this.#uncordon(nodeId)
    }
    const deadline = this.#random.pick([0, 0, 5, 30])
    this.#untilKnown(
      `${verb} ${nodeId}`,
      ({ nodes }) => (isDrained ? nodes.drain(nodeId, 'a new disk', deadline) : nodes.cordon(nodeId, 'a new disk')),
      onDone,
      onDone,
    )
  }

  #uncordon(nodeId: NodeId): void {
    this.#cordoning.add(nodeId)
    const onDone = (): void => {
      this.#cordoned.delete(nodeId)
      this.#decided(nodeId, undefined)
    }
    this.#untilKnown(`uncordon ${nodeId}`, ({ nodes }) => nodes.uncordon(nodeId, 'it is in'), onDone, onDone)
  }

  #decided(nodeId: NodeId, wanted: Cordon | undefined): void {
    this.#cordoning.delete(nodeId)
    const stored = this.#model.nodes.get(nodeId)?.Cordon
    if (stored !== wanted) this.#world.violate('I1', `${nodeId} was acknowledged as ${wanted} and is ${stored}`)
  }

  #stop(id: JobId): void {
    const version = this.#model.jobs.get(id)?.Version
    this.#untilKnown(
      `stop ${id}`,
      ({ jobs }) => jobs.stop(id, 'enough').catch((error: unknown) => this.#expectGone(id, error)),
      () => {
        if (this.#model.jobs.get(id)?.Version !== version) return
        const state = this.#model.jobs.get(id)?.State.StateType ?? 'Undefined'
        if (this.#model.removed.has(id)) return
        if (!isTerminalJob(state)) this.#world.violate('I1', `the stop of ${id} was acknowledged, and it is ${state}`)
      },
    )
  }

  /** I14: what was read is on disk, and later reads never show less. */
  #read(id: JobId): void {
    this.#call(
      `get ${id}`,
      ({ jobs }) => jobs.get(id),
      (reply) => {
        if (reply.kind === 'failed' && reply.fault.code === 'NotFound' && !this.#model.removed.has(id)) {
          this.#world.violate('I1', `${id} was acknowledged and is not found`)
        }
        if (reply.kind !== 'ok') return
        const stored = this.#model.jobs.get(id)?.Revision ?? 0
        if (reply.value.Revision > stored && !this.#model.removed.has(id))
          this.#world.violate('I14', `${id} was read before it was on disk`)
        const last = this.#lastRead.get(id)
        if (!last || last.Revision <= reply.value.Revision) this.#lastRead.set(id, reply.value)
      },
    )
  }

  /** I14: a list shows everything it was told before it asked, and nothing that is not on disk. */
  #list(): void {
    const known = [...this.#known]
    this.#call(
      'list',
      ({ jobs }) => jobs.list({}, 'created_at', false, listLimit),
      (reply) => {
        if (reply.kind !== 'ok') return
        const listed = new Set(reply.value.items.map(({ ID }) => ID))
        const missing = known.find((id) => !listed.has(id) && !this.#model.removed.has(id))
        if (missing) this.#world.violate('I14', `${missing} is not in the list`)
        const phantom = [...listed].find((id) => !this.#isStored(id))
        if (phantom) this.#world.violate('I14', `${phantom} is in the list and not on disk`)
      },
    )
  }

  /** Asks until it is answered. `onRefused`: it was not possible, or an earlier try has done it already. */
  #untilKnown<Value>(
    what: string,
    request: (orchestrator: Orchestrator) => Promise<Value>,
    onDone: (value: Value) => void,
    onRefused: () => void = () => {},
  ): void {
    this.pending += 1
    const again = (): void =>
      this.#call(what, request, (reply) => {
        const isRefused = reply.kind === 'failed' && reply.fault.code === 'Conflict' && !reply.fault.isRetryable
        if (reply.kind === 'ok' || isRefused) this.pending -= 1
        if (reply.kind === 'ok') onDone(reply.value)
        else if (isRefused) onRefused()
        else this.#world.timeline.after(this.#random.int(200_000, 2_000_000), `client repeats ${what}`, again)
      })
    again()
  }

  #call<Value>(
    what: string,
    request: (orchestrator: Orchestrator) => Promise<Value>,
    onReply: (reply: Reply<Value>) => void,
  ): void {
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
      target.life.run(
        () =>
          void request(target.orchestrator).then(
            (value) => back({ kind: 'ok', value }),
            (error: unknown) => {
              if (error instanceof Fault) return back({ kind: 'failed', fault: error })
              if (target.life.isAlive) this.#world.violate('no bug', `${what}: ${(error as Error).stack}`)
            },
          ),
      )
    })
  }
}

const submissionOf = (spec: JobSpec, token: string): Submission => ({
  spec,
  isForced: false,
  naming: 'independent',
  warnings: [],
  idempotency: { token, bodyHash: token },
})
