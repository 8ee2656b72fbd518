import type { NodeId } from '#models/ids.ts'
import type { JobSpec } from '#models/job.ts'
import { Blows } from './blows.ts'
import type { Bug } from './bug.ts'
import { Client } from './client.ts'
import { Cluster } from './cluster.ts'
import type { Counts } from './counts.ts'
import { drawFaults } from './fault-profile.ts'
import { checkDurability } from './invariants/durability.ts'
import { DurableModel } from './invariants/durable-model.ts'
import { freeCpus, unrest } from './invariants/quiet.ts'
import { Watch } from './invariants/watch.ts'
import { Life } from './life.ts'
import { drawMachines } from './machine-mix.ts'
import { SeededRandom } from './seeded-random.ts'
import { Timeline } from './timeline.ts'
import { Trace } from './trace.ts'
import { VirtualClock } from './virtual-clock.ts'
import { Witness } from './witness.ts'
import { type Violation, World } from './world.ts'

export type Outcome = {
  seed: number
  hash: string
  events: number
  counts: Counts
  violation: Violation | undefined
  /** The last lines of the trace. */
  tail: readonly string[]
}

export type SimulationOptions = { bug?: Bug; onLine?: (line: string) => void }

/** Most virtual time in which a healed cluster must come to rest. */
const restLimitUs = 600_000_000
const restCheckUs = 5_000_000
/** Half as much again as the cluster can do meanwhile. */
const waveUs = 6_700_000
const crowdWaves = 12
/** By the clock of the orchestrator, which may have been set back. */
const longestCrowdNs = BigInt(waveUs) * 1_000n * BigInt(crowdWaves - 3)
const fullCheckEvents = 1_000
const eventLimit = 200_000

/** The whole life of one cluster, from one number: trouble for a while, then healing, rest, and perhaps some calm work. */
export const simulate = async (seed: number, options: SimulationOptions = {}): Promise<Outcome> => {
  const simulation = new Simulation(seed, options)
  const onRejection = (error: unknown): void => simulation.world.violate('no bug', `unhandled: ${stackOf(error)}`)
  process.on('unhandledRejection', onRejection)
  try {
    await simulation.run()
  } finally {
    process.off('unhandledRejection', onRejection)
    simulation.discard()
  }
  return simulation.outcome(seed)
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

class Simulation {
  readonly world: World
  readonly #timeline: Timeline
  readonly #trace: Trace
  readonly #cluster: Cluster
  readonly #client: Client
  readonly #watch: Watch
  readonly #model: DurableModel
  #isCheckDue = false

  constructor(seed: number, { bug = {}, onLine }: SimulationOptions) {
    const random = new SeededRandom(seed)
    const drawn = drawFaults(random.fork('faults'))
    const faults = bug.faults?.(drawn) ?? drawn
    const facts = drawMachines(random.fork('machines'))
    const witness = new Witness()
    const asked = new Map<string, JobSpec>()
    this.#trace = new Trace(onLine)
    this.#timeline = new Timeline(random.fork('timeline'))
    this.world = new World({ timeline: this.#timeline, random, faults, trace: this.#trace })
    this.#model = new DurableModel(asked)
    this.#cluster = new Cluster({
      world: this.world,
      witness,
      bug,
      facts,
      onDurable: (change) => this.#watch.onDurable(change),
      onOrchestratorUp: () => {
        this.#isCheckDue = true
      },
    })
    this.#client = new Client(this.world, this.#cluster, this.#model, asked)
    const machines = new Map(facts.map((machine) => [machine.nodeId, machine]))
    const isGone = (id: NodeId): boolean => this.#cluster.machines.some((m) => m.facts.nodeId === id && m.isGone)
    this.#watch = new Watch(this.world, {
      model: this.#model,
      witness,
      machines,
      isGone,
      asked,
      nowNs: () => this.#orchestratorNs(),
    })
  }

  #orchestratorNs(): bigint {
    const nowNs = new VirtualClock(this.#timeline, new Life('nobody'), this.#cluster.orchestratorMachine.skew).nowNs()
    return nowNs > this.#model.newestNs ? nowNs : this.#model.newestNs
  }

  async run(): Promise<void> {
    const { world } = this
    const cluster = this.#cluster
    if (world.faults.strategy === 'pack') world.counts.add('nodes packed')
    for (const machine of cluster.machines) this.#timeline.after(0, 'start', () => cluster.start(machine))
    new Blows(world, cluster).start()
    letClientAct(world, this.#client)
    await this.#runUntil(world.faults.troubleMs * 1_000)
    heal(world, cluster)
    this.#client.welcomeAll()
    await this.#rest()
    if (world.faults.hasCalmWork) await this.#workInCalm()
    if (world.faults.hasCrowd) await this.#crowd()
    this.#isCheckDue = true
    await this.#runUntil(Number.POSITIVE_INFINITY, () => !this.#isCheckDue)
  }

  discard(): void {
    this.#cluster.discard()
  }

  outcome(seed: number): Outcome {
    const { counts, violation } = this.world
    return { seed, hash: this.#trace.digest(), events: this.#timeline.count, counts, violation, tail: this.#trace.tail }
  }

  /** A cluster that has come to rest takes new work, and no room stays unused. */
  async #workInCalm(): Promise<void> {
    this.world.note('calm')
    this.world.counts.add('work in calm')
    this.#watch.calm()
    this.#client.workInCalm()
    await this.#rest()
  }

  /** W31: a job that needs a whole node gets one, although those that came later always want more than there is. */
  async #crowd(): Promise<void> {
    this.#client.stopAll()
    await this.#rest()
    const sizes = freeCpus(this.#watch.seen)
    const largest = Math.max(0, ...sizes)
    if (largest < 2 || this.world.violation) return
    this.world.note('crowd')
    this.world.counts.add('crowd of small jobs')
    const slots = sizes.reduce((sum, size) => sum + size, 0)
    let large = ''
    for (let wave = 0; wave < crowdWaves; wave++) {
      this.#client.crowdIn(slots, 1)
      if (wave === 1) large = this.#client.crowdIn(1, largest)
      await this.#runUntil(this.#timeline.nowUs + waveUs)
    }
    const waitedNs = this.#model.waitedNs(large, this.#orchestratorNs()) ?? 0n
    if (waitedNs > longestCrowdNs) this.world.violate('W31', `${large} waits, and small ones that came later ran`)
    await this.#rest()
  }

  async #rest(): Promise<void> {
    const endUs = this.#timeline.nowUs + restLimitUs
    for (;;) {
      await this.#runUntil(this.#timeline.nowUs + restCheckUs)
      const reason = this.#client.pending > 0 ? unanswered : ((await this.#away()) ?? unrest(this.#watch.seen))
      if (!reason || this.world.violation) return
      if (this.#timeline.nowUs >= endUs) this.world.violate(reason.invariant, reason.text)
    }
  }

  /** L3: a machine that has not found its way back. */
  async #away(): Promise<{ invariant: string; text: string } | undefined> {
    const listed = (await this.#cluster.orchestrator?.orchestrator.nodes.list()) ?? []
    const back = new Set(
      listed.filter(({ ConnectionState }) => ConnectionState.Status === 'CONNECTED').map(({ Info }) => Info.NodeID),
    )
    const away = this.#cluster.machines.find(
      ({ facts, isGone }) => facts.isCompute && !isGone && !back.has(facts.nodeId),
    )
    return away && { invariant: 'L3', text: `${away.facts.nodeId} has not come back` }
  }

  async #runUntil(endUs: number, isDone: () => boolean = () => false): Promise<void> {
    while (this.#timeline.nowUs < endUs && !this.world.violation && !isDone()) await this.#step()
  }

  async #step(): Promise<void> {
    const label = await this.#timeline.step()
    if (label === undefined) throw new Error('nothing happens any more')
    this.world.note(label)
    this.#isCheckDue ||= this.#timeline.count % fullCheckEvents === 0
    if (this.#timeline.count > eventLimit) this.world.violate('bound', `more than ${eventLimit} events`)
    const store = this.#cluster.lifeOf(this.#cluster.orchestratorMachine)?.settledStore
    if (!this.#isCheckDue || !store) return
    this.#isCheckDue = false
    this.world.isLooking = true
    await checkDurability(this.world, this.#model, store)
    this.world.isLooking = false
  }
}

const unanswered = { invariant: 'L1', text: 'a request has no answer' }

const mostRequests = 60

/** Some users are in a hurry. */
const letClientAct = (world: World, client: Client): void => {
  const random = world.random.fork('pace')
  const longestPauseMs = random.int(200, 8_000)
  let requests = 0
  const act = (): void => {
    if (world.isHealed || requests >= mostRequests) return
    requests += 1
    client.act()
    world.timeline.after(random.int(0, longestPauseMs) * 1_000, 'client', act)
  }
  world.timeline.after(500_000, 'client', act)
}

/** From now on nothing fails any more, and everything that can come back does. */
const heal = (world: World, cluster: Cluster): void => {
  world.note('healed')
  world.isHealed = true
  cluster.network.mendAll()
  for (const machine of cluster.machines) cluster.start(machine)
  cluster.goOn()
  cluster.reachable()
}
