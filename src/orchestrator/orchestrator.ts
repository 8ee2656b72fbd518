import type { JobsApi } from '#contracts/control-plane.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { ResultSigner } from '#contracts/result-signer.ts'
import type { ResultStore } from '#contracts/result-store.ts'
import type { Store } from '#contracts/store.ts'
import type { UploadStore } from '#contracts/upload-store.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { Post } from '#link/post.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeState } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import { Evaluations } from './evaluations.ts'
import { Housekeeping, type Retention } from './housekeeping.ts'
import { Inbox } from './inbox.ts'
import { Jobs } from './jobs/jobs.ts'
import type { JobDefaults } from './jobs/spec.ts'
import { KeptFiles, type KeptFilesSettings } from './kept/kept-files.ts'
import { Ledger } from './ledger.ts'
import { Awake } from './nodes/awake.ts'
import { KeptHints } from './nodes/kept-hints.ts'
import { Membership, type MembershipSettings, sweepEveryMs } from './nodes/membership.ts'
import { NodeTable } from './nodes/node-table.ts'
import { Nodes } from './nodes/nodes.ts'
import { Recovery } from './recovery.ts'
import { ResultTaker } from './results/result-taker.ts'
import type { Strategy } from './snapshot.ts'
import { Uploads } from './uploads/uploads.ts'
import { Waiters } from './waiters.ts'

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

/** So many that did not come in their time show that this process was frozen. */
const missedSweeps = 2

/**
 * The control plane of one process, wired. The way of a job: `jobs` stores it, `evaluations` decide where it goes and give the
 * orders, `post` sends them, `inbox` takes what its nodes report of it and asks for the next evaluation, until it has ended.
 */
export class Orchestrator implements Startable {
  readonly jobs: JobsApi
  readonly nodes: Nodes
  readonly #ledger: Ledger
  readonly #post: Post
  readonly #evaluations: Evaluations
  readonly #membership: Membership
  readonly #recovery: Recovery
  readonly #hints: KeptHints
  readonly #housekeeping: Housekeeping
  readonly #kept: KeptFiles

  constructor(parts: OrchestratorParts) {
    const { store, clock, random, settings, results, signer, log } = parts
    const waiters = new Waiters()
    const nodes = new NodeTable()
    const awake = new Awake(clock, missedSweeps * sweepEveryMs(settings))
    const post = new Post(store, clock)
    const ledger = new Ledger({ store, post, nodes, waiters, onRoom: () => evaluations.roomFreed() })

    const evaluations = new Evaluations({
      clock,
      random,
      ledger,
      nodes,
      defaultResources: settings.defaultResources,
      strategy: settings.strategy,
      answerLimitNs: settings.answerLimitNs,
      awake,
      isSettling: () => recovery.isSettling(),
      log,
    })
    const inbox = new Inbox({ clock, ledger, nodes, evaluations, log })

    const kept = new KeptFiles({
      store,
      results,
      uploads: parts.uploads,
      clock,
      settings: settings.kept,
      onError: (error) => log('kept_files_failed', { error }),
    })
    const hasRoomFor = (sizeBytes: number) => kept.makeRoom(sizeBytes)
    const uploads = new Uploads({ store, files: parts.uploads, results, maxBytes: settings.maxUploadBytes, hasRoomFor })
    const end = (nodeId: NodeId) => membership.end(nodeId)
    const taker = new ResultTaker({ store, results, clock, maxBytes: settings.maxResultBytes, hasRoomFor, end, log })

    const membership = new Membership({
      clock,
      ledger,
      post,
      nodes,
      awake,
      inbox,
      evaluations,
      settings,
      newLinkId: () => random.uuid(),
      results: taker,
      signer,
      uploads,
      log,
    })
    const hints = new KeptHints({
      clock,
      ledger,
      hints: { 'troubled-nodes': nodes.troubled, 'input-holders': nodes.holders },
      log,
    })
    const { settleMs } = settings
    const recovery = new Recovery({ clock, ledger, post, nodes, membership, hints, evaluations, settleMs, log })

    this.jobs = new Jobs({
      clock,
      random,
      ledger,
      waiters,
      evaluations,
      orchestratorId: settings.nodeId,
      publicKey: settings.publicKey,
      instanceId: settings.instanceId,
      defaults: settings.jobDefaults,
      end,
      awaySince: (nodeId) => nodes.get(nodeId)?.ConnectionState.DisconnectedSince ?? 0n,
      signer,
      results,
      uploads,
    })
    this.nodes = new Nodes({ clock, table: nodes, membership, ledger, evaluations, log })
    this.#ledger = ledger
    this.#post = post
    this.#evaluations = evaluations
    this.#membership = membership
    this.#recovery = recovery
    this.#hints = hints
    this.#housekeeping = new Housekeeping({
      clock,
      ledger,
      retention: settings.retention,
      onError: (error) => log('housekeeping_failed', { error }),
    })
    this.#kept = kept
  }

  /** Where nodes greet and report. */
  get link(): OrchestratorEnd {
    return this.#membership
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
    await this.#ledger.commit({ putNodes: [state] })
  }

  async start(): Promise<void> {
    await this.#recovery.start()
    this.#hints.start()
    this.#membership.start()
    this.#housekeeping.start()
    this.#kept.start()
  }

  async stop(): Promise<void> {
    this.#recovery.stop()
    this.#evaluations.stop()
    await this.#housekeeping.stop()
    await this.#kept.stop()
    await this.#hints.stop()
    this.#membership.stop()
    this.#post.stop()
  }
}
