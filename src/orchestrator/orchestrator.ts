import type { JobsApi } from '#contracts/control-plane.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { ResultSigner } from '#contracts/result-signer.ts'
import type { ResultStore } from '#contracts/result-store.ts'
import type { Store } from '#contracts/store.ts'
import type { UploadStore } from '#contracts/upload-store.ts'
import type { Clock, Random, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { Post } from '#link/post.ts'
import type { EvaluationTrigger } from '#models/evaluation.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { NodeState } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import { Broker } from './broker.ts'
import { Housekeeping, type Retention } from './housekeeping.ts'
import { Inbox } from './inbox.ts'
import { Jobs } from './jobs/jobs.ts'
import type { JobDefaults } from './jobs/spec.ts'
import { KeptFiles, type KeptFilesSettings } from './kept/kept-files.ts'
import { Ledger } from './ledger.ts'
import { Looks } from './looks.ts'
import { KeptHints } from './nodes/kept-hints.ts'
import { Membership, type MembershipSettings } from './nodes/membership.ts'
import { unheardNode } from './nodes/node-states.ts'
import { NodeTable } from './nodes/node-table.ts'
import { Nodes } from './nodes/nodes.ts'
import { ResultTaker, type ResultTakerParts } from './results/result-taker.ts'
import { wantedExecution } from './results/wanted.ts'
import type { Strategy } from './snapshot.ts'
import { JobTimers } from './timers.ts'
import { Uploads } from './uploads/uploads.ts'
import { Waiters } from './waiters.ts'
import { Waiting } from './waiting.ts'
import { Worker } from './worker.ts'

export type OrchestratorSettings = MembershipSettings & {
  nodeId: NodeId
  publicKey?: string
  instanceId?: string
  jobDefaults: JobDefaults
  /** What a task is promised that asks for nothing. */
  defaultResources: Resources
  strategy: Strategy
  /** Of one result that travels over a node's connection. */
  maxResultBytes: number
  /** Of one file or folder that is sent with a job. */
  maxUploadBytes: number
  /** How long, and how many, results and uploads are kept. */
  kept: KeptFilesSettings
  /** After a start, how long a lack of nodes is not held against jobs. */
  settleMs: number
  /** How long a connected Go node may say nothing to what it was asked, before others are. */
  answerLimitNs: bigint
  retention: Retention
}

export type OrchestratorParts = {
  store: Store
  clock: Clock
  random: Random
  settings: OrchestratorSettings
  /** Absent = nodes keep their results. */
  results?: ResultStore
  /** Absent = users send no inputs with their jobs. */
  uploads?: UploadStore
  /** Absent = results in stores are told as they are. */
  signer?: ResultSigner
  /** A constant name and fields for the log. */
  log: EventLog
}

const recoveryRetryMs = 1_000

function takerOf(
  { store, results, clock, log, settings }: OrchestratorParts,
  parts: Pick<ResultTakerParts, 'end' | 'hasRoomFor'>,
): Pick<ResultTaker, 'take' | 'renewed'> {
  if (results) return new ResultTaker({ ...parts, store, results, clock, log, maxBytes: settings.maxResultBytes })
  const refusal = new Fault('NotImplemented', 'this orchestrator keeps no results')
  return { take: () => Promise.reject(refusal), renewed: () => {} }
}

/** Signs for a node where the result of one of its executions goes, and for nothing else. */
async function uploadAddressOf(
  { store, signer }: OrchestratorParts,
  nodeId: NodeId,
  executionId: ExecutionId,
): Promise<string> {
  if (!signer?.uploadAddress) throw noManagedStore()
  return signer.uploadAddress(await wantedExecution(store, nodeId, executionId, 's3managed'))
}

/** The sentence that nodes of release 1.9 know. */
const noManagedStore = (): Fault =>
  new Fault('BadRequest', 'Managed S3 publisher is not available', {
    hint: 'The operator of the orchestrator sets Publishers.Types.S3Managed; other publishers need no store of theirs.',
    details: { FailureClass: 'user' },
  })

/** The control plane of one process, wired. */
export class Orchestrator implements Startable {
  readonly jobs: JobsApi
  readonly nodes: Nodes
  readonly link: OrchestratorEnd
  readonly #parts: OrchestratorParts
  readonly #table = new NodeTable()
  readonly #broker = new Broker()
  readonly #waiting = new Waiting()
  readonly #timers: JobTimers
  readonly #looks: Looks
  readonly #worker: Worker
  readonly #membership: Membership
  readonly #post: Post
  readonly #housekeeping: Housekeeping
  readonly #kept: KeptFiles
  readonly #hints: KeptHints
  #settling: Timer | undefined
  /** Some look was milder because nodes may still come. */
  #hasSpared = false
  #isStopped = false

  constructor(parts: OrchestratorParts) {
    this.#parts = parts
    const { store, clock, random, settings } = parts
    const waiters = new Waiters()
    this.#post = new Post(store, clock)
    this.#timers = new JobTimers(clock, (jobId) => this.#look([jobId], 'job-timeout'))
    const ledger = new Ledger({
      store,
      post: this.#post,
      nodes: this.#table,
      waiters,
      onRoom: () => this.#tryWaiting(false),
    })
    const inbox = new Inbox({
      ledger,
      clock,
      look: (job) => this.#ask(job.ID, job.Priority, 'exec-update'),
      served: (job, nodeId) => this.#table.holders.note(job, nodeId),
      goesOn: (jobId) => this.#table.isAtWork(jobId) && !this.#waiting.has(jobId),
      log: parts.log,
    })
    this.#kept = new KeptFiles({
      store,
      results: parts.results,
      uploads: parts.uploads,
      clock,
      settings: settings.kept,
      onError: (error) => parts.log('kept_files_failed', { error }),
    })
    const hasRoomFor = (sizeBytes: number) => this.#kept.makeRoom(sizeBytes)
    const uploads = new Uploads({
      store,
      files: parts.uploads,
      results: parts.results,
      maxBytes: settings.maxUploadBytes,
      hasRoomFor,
    })
    const onBetter = () => this.#tryWaiting(true)
    const look = (jobIds: Iterable<JobId>) => this.#look(jobIds, 'node-leave')
    this.#membership = new Membership({
      clock,
      ledger,
      post: this.#post,
      nodes: this.#table,
      inbox,
      settings,
      newLinkId: () => random.uuid(),
      results: takerOf(parts, { end: (nodeId) => this.#membership.end(nodeId), hasRoomFor }),
      uploadAddress: (nodeId, executionId) => uploadAddressOf(parts, nodeId, executionId),
      uploads,
      log: parts.log,
      onBetter,
      look,
    })
    this.#looks = new Looks({
      clock,
      random,
      broker: this.#broker,
      ledger,
      nodes: this.#table,
      timers: this.#timers,
      waiting: this.#waiting,
      defaultResources: settings.defaultResources,
      strategy: settings.strategy,
      answerLimitNs: settings.answerLimitNs,
      isSettling: () => this.#isSettling(),
    })
    this.#worker = new Worker({
      clock,
      broker: this.#broker,
      ledger,
      looks: this.#looks,
      onError: (ask, error) => parts.log('evaluation_failed', { jobId: ask.jobId, error }),
    })
    this.#housekeeping = new Housekeeping({
      clock,
      ledger,
      retention: settings.retention,
      onError: (error) => parts.log('housekeeping_failed', { error }),
    })
    this.#hints = new KeptHints({
      clock,
      ledger,
      hints: { 'troubled-nodes': this.#table.troubled, 'input-holders': this.#table.holders },
      log: parts.log,
    })
    this.link = this.#membership
    this.nodes = new Nodes({
      clock,
      table: this.#table,
      membership: this.#membership,
      ledger,
      onBetter,
      look,
      log: parts.log,
    })
    this.jobs = new Jobs({
      clock,
      random,
      ledger,
      waiters,
      orchestratorId: settings.nodeId,
      publicKey: settings.publicKey,
      instanceId: settings.instanceId,
      defaults: settings.jobDefaults,
      looks: this.#looks,
      look: (job, evaluationId) => this.#ask(job.ID, job.Priority, 'job-register', evaluationId),
      end: (nodeId) => this.#membership.end(nodeId),
      awaySince: (nodeId) => this.#table.get(nodeId)?.ConnectionState.DisconnectedSince ?? 0n,
      signer: parts.signer,
      results: parts.results,
      uploads,
    })
    store.onLost(() => {
      this.#table.isDoubtful = true
      this.#patiently(() => this.#recover())
    })
  }

  /** Nodes that live in this process; their messages share our transactions. */
  addLocalNode(nodeId: NodeId): void {
    this.#membership.addLocal(nodeId)
  }

  /** A node's line to the broker is open, or there is none any more, as far as that is known. */
  lineChanged(nodeId: NodeId, isOpen: boolean): void {
    this.#membership.lineChanged(nodeId, isOpen)
  }

  /** The orchestrator as one of its own nodes, when it has no compute role. */
  async addSelf(state: NodeState): Promise<void> {
    this.#table.put(state)
    await this.#parts.store.commit({ putNodes: [state] })
  }

  async start(): Promise<void> {
    const now = this.#parts.clock.nowNs()
    const nodes = (await this.#parts.store.nodes()).map((state) => unheardNode(state, now))
    this.#table.load(nodes, await this.#parts.store.liveExecutions())
    await this.#hints.load()
    this.#hints.start()
    this.#membership.start()
    this.#settling = this.#parts.clock.after(this.#parts.settings.settleMs, () => {
      this.#settling = undefined
      if (!this.#hasSpared) return
      this.#patiently(() => this.#lookAtAll('recovery'))
    })
    await this.#lookAtAll('recovery')
    this.#housekeeping.start()
    this.#kept.start()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#housekeeping.stop()
    await this.#kept.stop()
    await this.#hints.stop()
    this.#settling?.stop()
    this.#worker.stop()
    this.#looks.hold()
    this.#timers.clear()
    this.#membership.stop()
    this.#post.stop()
  }

  /** Commits were rolled back: everything in memory is rebuilt from rows. */
  async #recover(): Promise<void> {
    const now = this.#parts.clock.nowNs()
    this.#looks.hold()
    this.#waiting.clear()
    this.#timers.clear()
    this.#post.reload()
    const stored = await this.#parts.store.nodes()
    const nodes = stored.map((state) =>
      this.#membership.isConnected(state.Info.NodeID) ? state : unheardNode(state, now),
    )
    this.#table.load(nodes, await this.#parts.store.liveExecutions())
    await this.#hints.load()
    if (this.#isStopped) return
    this.#looks.goOn()
    this.#worker.wake()
    await this.#lookAtAll('recovery')
  }

  /** Until it succeeds: what is missed now, nobody would come back to. */
  #patiently(recover: () => Promise<void>): void {
    if (this.#isStopped) return
    recover().catch((error: unknown) => {
      this.#parts.log('recovery_failed', { error })
      this.#parts.clock.after(recoveryRetryMs, () => this.#patiently(recover))
    })
  }

  /** Every job that has not ended, and every ended one that still has something running. */
  async #lookAtAll(trigger: EvaluationTrigger): Promise<void> {
    const { store } = this.#parts
    const open = await store.jobIdsInStates(['Pending', 'Queued', 'Running'])
    const live = await store.liveExecutions()
    // At a start no node is there yet, so what waits is ordered by priority before any of it can be placed.
    const jobIds = new Set([...open, ...live.map((execution) => execution.JobID)])
    this.#askAll(
      [...jobIds].map((jobId) => ({ jobId, priority: 0 })),
      trigger,
    )
  }

  /** Just started, and a node that may work has not come back yet, or this process's own is not there yet. */
  #isSettling(): boolean {
    const isAnyAway = this.#table.isAnyAway || this.#membership.isLocalMissing
    const isSettling = this.#settling !== undefined && isAnyAway
    this.#hasSpared ||= isSettling
    return isSettling
  }

  #tryWaiting(hasNodeChanged: boolean): void {
    this.#askAll(this.#waiting.heads(hasNodeChanged), 'capacity-freed')
  }

  #look(jobIds: Iterable<JobId>, trigger: EvaluationTrigger): void {
    void Promise.all([...jobIds].map((jobId) => this.#priorityOf(jobId))).then((jobs) => this.#askAll(jobs, trigger))
  }

  /** What cannot be read now is looked at all the same, which is tried until it can. */
  async #priorityOf(jobId: JobId): Promise<{ jobId: JobId; priority: number }> {
    const job = await this.#parts.store.job(jobId).catch(() => undefined)
    return { jobId, priority: job?.Priority ?? 0 }
  }

  /** All of them before the first is looked at: the most important one comes first. */
  #askAll(jobs: readonly { jobId: JobId; priority: number }[], trigger: EvaluationTrigger): void {
    if (this.#isStopped) return
    for (const job of jobs) this.#broker.ask({ ...job, trigger, evaluationId: this.#parts.random.uuid() })
    this.#worker.wake()
  }

  #ask(jobId: JobId, priority: number, trigger: EvaluationTrigger, evaluationId = this.#parts.random.uuid()): void {
    if (this.#isStopped) return
    this.#broker.ask({ jobId, priority, trigger, evaluationId })
    this.#worker.wake()
  }
}
