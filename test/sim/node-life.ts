import type { Bus, Subscription } from '#contracts/bus.ts'
import type { JobProbe } from '#contracts/job-probe.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Provider } from '#contracts/provider.ts'
import type { Store } from '#contracts/store.ts'
import { no, yes } from '#contracts/verdict.ts'
import { buildInfo } from '#lib/build-info.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { fnv1a32 } from '#lib/fnv.ts'
import { serveGoNodes } from '#link/bprotocol/serve.ts'
import { RemoteOrchestrator, serveOrchestrator } from '#link/bus-ends.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeInfo } from '#models/node.ts'
import { ComputeRole } from '#node/compute-role.ts'
import { Orchestrator, type OrchestratorSettings } from '#orchestrator/orchestrator.ts'
import { openStore } from '#state/open-store.ts'
import type { Bug } from './bug.ts'
import { changeLine } from './change-line.ts'
import type { FaultProfile } from './fault-profile.ts'
import { Life } from './life.ts'
import type { Machine } from './machine.ts'
import type { Network } from './network.ts'
import { simulatedProvider } from './simulated-provider.ts'
import { VirtualClock } from './virtual-clock.ts'
import { type OnDurable, watchedStore } from './watched-store.ts'
import type { Witness } from './witness.ts'
import type { World } from './world.ts'

const gibibyte = 1024 ** 3
const defaultResources = { CPU: 0.5, Memory: gibibyte / 2, Disk: 0, GPU: 0 }
const none = { priority: 0, executionTimeout: 0n, totalTimeout: 0n, publisher: undefined }
const slowestFlushUs = 3_000_000
const slowestJudgeMs = 1_000

const nanoseconds = (milliseconds: number): bigint => BigInt(milliseconds) * 1_000_000n

const orchestratorSettings = (machine: Machine, faults: FaultProfile): OrchestratorSettings => ({
  nodeId: machine.facts.nodeId,
  defaultResources,
  strategy: faults.strategy,
  jobDefaults: { batch: none, ops: none, daemon: none, service: none },
  maxResultBytes: 1e9,
  maxUploadBytes: 1e9,
  kept: { resultsMs: 0, uploadsMs: 0, maxBytes: 0 },
  settleMs: 10_000,
  answerLimitNs: nanoseconds(120_000),
  retention: { jobsNs: nanoseconds(faults.jobsKeptMs), historyNs: nanoseconds(faults.historyKeptMs) },
  defaultMembership: 'APPROVED',
  heartbeatIntervalMs: 3_000,
  disconnectAfterMs: 10_000,
})

export type NodeParts = {
  world: World
  machine: Machine
  network: Network
  witness: Witness
  bug: Bug
  onDurable: OnDurable
  /** How this life reaches the orchestrator's process again after it could not. */
  onReachable: (life: Life, handler: () => void) => Subscription
  log: (life: Life, event: string, fields: Record<string, unknown>) => void
}

/** One life of a node's process: the production roles on virtual ports. */
export class NodeLife {
  readonly life: Life
  /** It has started and serves. */
  isUp = false
  readonly #parts: NodeParts
  orchestrator: Orchestrator | undefined
  #role: ComputeRole | undefined
  #isSettled = () => false
  store: Store | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.life = new Life(parts.machine.facts.nodeId)
  }

  async start(): Promise<void> {
    const { world, machine, network, bug, onDurable } = this.#parts
    const clock = new VirtualClock(world.timeline, this.life, machine.skew)
    const database = machine.database.open(this.life)
    const opened = await openStore({
      database,
      journal: machine.database.journal(this.life),
      clock,
      random: world.random,
      scheduleFlush: this.#scheduleFlush,
    })
    opened.onLost(() => world.counts.add('commits rolled back'))
    const { store: watched, isSettled } = watchedStore(opened, this.life, (change) => {
      world.note(`${this.life.name} stored ${changeLine(change)}`)
      onDurable(change)
    })
    this.#isSettled = isSettled
    const store = bug.store?.(watched, machine.facts) ?? watched
    this.store = watched
    const bus = network.bus(this.life)
    const shared = { store, clock, log: this.#log }
    if (machine.facts.isOrchestrator) {
      const settings = orchestratorSettings(machine, world.faults)
      this.orchestrator = new Orchestrator({ ...shared, random: world.random, settings })
      if (machine.facts.isCompute) this.orchestrator.addLocalNode(machine.facts.nodeId)
      await this.orchestrator.start()
      this.#serveNodes(bus, clock, this.orchestrator)
    }
    if (!machine.facts.isCompute) return
    const remote = () => new RemoteOrchestrator({ ...shared, bus, nodeId: machine.facts.nodeId, random: world.random })
    this.#role = this.#computeRole(shared, this.orchestrator ? this.#planted(this.orchestrator.link) : remote())
    await this.#role.start()
  }

  #serveNodes(bus: Bus, clock: Clock, { link, nodes }: Orchestrator): void {
    const { world, machine } = this.#parts
    const parts = { bus, end: this.#planted(link), clock, random: world.random, log: this.#log }
    serveOrchestrator(parts)
    const knownInfo = async (id: NodeId): Promise<NodeInfo | undefined> =>
      (await nodes.list()).find(({ Info }) => Info.NodeID === id)?.Info
    const liveOn = async (id: NodeId) => (await this.store?.liveExecutions(id)) ?? []
    serveGoNodes({ ...parts, orchestratorId: machine.facts.nodeId, knownInfo, liveOn })
  }

  /** The store while it serves and has nothing that is not on disk. */
  get settledStore(): Store | undefined {
    return this.life.isAlive && this.isUp && this.#isSettled() ? this.store : undefined
  }

  /** On purpose: everything is let go in order. */
  async stop(): Promise<void> {
    await this.#role?.stop()
    await this.orchestrator?.stop()
    await this.store?.settled()
  }

  #computeRole(
    shared: Pick<ConstructorParameters<typeof ComputeRole>[0], 'store' | 'clock' | 'log'>,
    orchestrator: OrchestratorEnd,
  ): ComputeRole {
    const { world, machine, bug, onReachable } = this.#parts
    const { nodeId, labels, capacity } = machine.facts
    const facts = { nodeId, labels, version: buildInfo, capacity, maxPerJob: capacity }
    return new ComputeRole({
      ...shared,
      facts: bug.computeFacts?.(facts) ?? facts,
      disk: machine.disk,
      logs: machine.logs,
      providers: [this.#provider()],
      bids: {
        isNetworkRefused: true,
        isStatelessRefused: false,
        locality: 'Anywhere',
        probes: world.faults.isPicky ? [this.#judge(shared.clock)] : [],
        defaultResources,
      },
      host: { allowed: () => false, value: () => undefined },
      ports: { range: { first: 20_000, last: 32_000 }, look: async () => 'free', begin: 0 },
      publishForMs: 60_000,
      beatEveryMs: Number.POSITIVE_INFINITY,
      executionsDirectory: '/executions',
      orchestrator: bug.computeEnd ? withComputeEnd(orchestrator, bug.computeEnd) : orchestrator,
      sharesStore: this.orchestrator !== undefined,
      ...(this.orchestrator ? {} : { onReachable: (handler: () => void) => onReachable(this.life, handler) }),
    })
  }

  /** The same answer to the same question, after up to a second. */
  #judge(clock: Clock): JobProbe {
    const { world, machine } = this.#parts
    return async ({ ID, Version }, signal) => {
      if (!world.isHealed && world.random.happens(0.1)) {
        world.counts.add('judge away')
        throw new Fault('ServiceUnavailable', 'the judge is away', { details: { FailureClass: 'transient' } })
      }
      const chance = fnv1a32(`${machine.facts.nodeId} ${ID} ${Version}`) % slowestJudgeMs
      await clock.sleep(chance, signal)
      if (chance % 8 > 0) return yes
      world.counts.add('job declined')
      return no('the judge says no')
    }
  }

  #provider(): Provider {
    const { world, machine, witness, bug } = this.#parts
    const { disk, programs } = machine
    const provider = simulatedProvider({ world, life: this.life, disk, programs, witness })
    return { ...provider, engines: (provider.engines ?? []).map((engine) => bug.engine?.(engine) ?? engine) }
  }

  #planted(end: OrchestratorEnd): OrchestratorEnd {
    return this.#parts.bug.orchestratorEnd?.(end) ?? end
  }

  #scheduleFlush = (flush: () => void): void => {
    const { world } = this.#parts
    const delayUs = world.strikes('slow commit') ? world.random.float() * slowestFlushUs : 100
    world.timeline.after(delayUs, `${this.life.name} flush`, () => this.life.run(flush))
  }

  #log = (event: string, fields: Record<string, unknown>): void => {
    if (this.life.isAlive) this.#parts.log(this.life, event, fields)
  }
}

const withComputeEnd = (end: OrchestratorEnd, plant: NonNullable<Bug['computeEnd']>): OrchestratorEnd => ({
  handshake: (request, back) => end.handshake(request, plant(back)),
  heartbeat: (beat) => end.heartbeat(beat),
  updateInfo: (info) => end.updateInfo(info),
  deliver: (...given) => end.deliver(...given),
  takeResult: (...given) => end.takeResult(...given),
  uploadAddress: (...given) => end.uploadAddress(...given),
  readUpload: (...given) => end.readUpload(...given),
  goodbye: (nodeId) => end.goodbye(nodeId),
})
