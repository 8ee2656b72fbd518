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
import { unrest } from './invariants/quiet.ts'
import { Watch } from './invariants/watch.ts'
import { zones } from './job-mix.ts'
import type { MachineFacts } from './machine.ts'
import { SeededRandom } from './seeded-random.ts'
import { Timeline } from './timeline.ts'
import { Trace } from './trace.ts'
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
const restLimitMs = 600_000
const restCheckMs = 5_000
const fullCheckEvents = 1_000
const eventLimit = 200_000

/** The whole life of one cluster, from one number: trouble for a while, then healing, then rest. */
export const simulate = async (seed: number, options: SimulationOptions = {}): Promise<Outcome> => {
  const random = new SeededRandom(seed)
  const trace = new Trace(options.onLine)
  const timeline = new Timeline(random.fork('timeline'))
  const world = new World({ timeline, random, faults: drawFaults(random.fork('faults')), trace })
  const witness = new Witness()
  const asked = new Map<string, JobSpec>()
  const model = new DurableModel(asked)
  const facts = drawMachines(random.fork('machines'))
  const onDurable = (...[change, { history }]: Parameters<ConstructorParameters<typeof Cluster>[0]['onDurable']>) =>
    watch.onDurable(change, history)
  let isCheckDue = false
  const cluster = new Cluster({
    world,
    witness,
    bug: options.bug ?? {},
    facts,
    onDurable,
    onOrchestratorUp: () => {
      isCheckDue = true
    },
  })
  const client = new Client(world, cluster, model, asked)
  const machines = new Map(facts.map((machine) => [machine.nodeId, machine]))
  const isGone = (nodeId: NodeId): boolean => cluster.machines.some((m) => m.facts.nodeId === nodeId && m.isGone)
  const watch = new Watch(world, { model, witness, machines, isGone, asked })
  const onRejection = (error: unknown): void =>
    world.violate('no bug', `unhandled: ${error instanceof Error ? error.stack : String(error)}`)
  process.on('unhandledRejection', onRejection)

  const step = async (): Promise<void> => {
    const label = await timeline.step()
    if (label === undefined) throw new Error('nothing happens any more')
    world.note(label)
    isCheckDue ||= timeline.count % fullCheckEvents === 0
    if (timeline.count > eventLimit) world.violate('bound', `more than ${eventLimit} events`)
    const store = cluster.lifeOf(cluster.orchestratorMachine)?.settledStore
    if (!isCheckDue || !store) return
    isCheckDue = false
    await checkDurability(world, model, store)
  }
  const runUntil = async (endUs: number, isDone: () => boolean = () => false): Promise<void> => {
    while (timeline.nowUs < endUs && !world.violation && !isDone()) await step()
  }

  try {
    for (const machine of cluster.machines) timeline.after(0, 'start', () => cluster.start(machine))
    new Blows(world, cluster).start()
    letClientAct(world, client)
    await runUntil(world.faults.troubleMs * 1_000)
    heal(world, cluster)
    const endUs = timeline.nowUs + restLimitMs * 1_000
    while (!world.violation) {
      await runUntil(timeline.nowUs + restCheckMs * 1_000)
      const reason = client.pending > 0 ? { invariant: 'L1', text: 'a request has no answer' } : unrest(watch.seen)
      if (!reason) break
      if (timeline.nowUs >= endUs) world.violate(reason.invariant, reason.text)
    }
    isCheckDue = true
    if (!world.violation) await runUntil(Number.POSITIVE_INFINITY, () => !isCheckDue)
  } finally {
    process.off('unhandledRejection', onRejection)
    cluster.discard()
  }
  return {
    seed,
    hash: trace.digest(),
    events: timeline.count,
    counts: world.counts,
    violation: world.violation,
    tail: trace.tail,
  }
}

const gibibyte = 1024 ** 3

/** One node of both roles; an orchestrator and nodes; or both roles in the first and more nodes. */
const drawMachines = (random: SeededRandom): MachineFacts[] => {
  const kind = random.pick(['hybrid', 'orchestrator and nodes', 'orchestrator and nodes', 'hybrid and nodes'] as const)
  const nodes = kind === 'hybrid' ? 0 : random.int(1, kind === 'hybrid and nodes' ? 3 : 4)
  const facts = (nodeId: string, isOrchestrator: boolean, isCompute: boolean): MachineFacts => ({
    nodeId: nodeId as NodeId,
    isOrchestrator,
    isCompute,
    capacity: { CPU: random.int(2, 4), Memory: 8 * gibibyte, Disk: 100 * gibibyte, GPU: 0 },
    labels: { zone: random.pick(zones) },
  })
  return [
    facts('node-0', true, kind !== 'orchestrator and nodes'),
    ...Array.from({ length: nodes }, (_, index) => facts(`node-${index + 1}`, false, true)),
  ]
}

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
  cluster.reachable()
}
