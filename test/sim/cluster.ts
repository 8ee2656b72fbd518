import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type { Orchestrator } from '#orchestrator/orchestrator.ts'
import type { Bug } from './bug.ts'
import { GoLife } from './go-nodes/go-life.ts'
import type { Life } from './life.ts'
import { Machine, type MachineFacts } from './machine.ts'
import { Network } from './network.ts'
import { NodeLife } from './node-life.ts'
import type { OnDurable } from './watched-store.ts'
import type { Witness } from './witness.ts'
import type { World } from './world.ts'

export type ClusterParts = {
  world: World
  witness: Witness
  bug: Bug
  facts: readonly MachineFacts[]
  onDurable: OnDurable
  /** A life of the orchestrator is up and has taken up what is stored. */
  onOrchestratorUp: () => void
}

const longestRestartMs = 15_000
const stopLimitMs = 40_000

/** All machines, the life each of them is in, and what may be done to them from outside. */
export class Cluster {
  readonly machines: readonly Machine[]
  readonly network: Network
  readonly #parts: ClusterParts
  readonly #random
  readonly #lives = new Map<Machine, NodeLife | GoLife>()
  readonly #reachable: { life: Life; handler: () => void }[] = []

  constructor(parts: ClusterParts) {
    this.#parts = parts
    this.#random = parts.world.random.fork('cluster')
    this.network = new Network(parts.world)
    this.machines = parts.facts.map((facts) => new Machine(parts.world, parts.witness, facts))
  }

  get orchestratorMachine(): Machine {
    return this.machines.find(({ facts }) => facts.isOrchestrator) as Machine
  }

  lifeOf(machine: Machine): NodeLife | GoLife | undefined {
    return this.#lives.get(machine)
  }

  /** The control plane as clients reach it now. */
  get orchestrator(): { life: Life; orchestrator: Orchestrator } | undefined {
    const node = this.#lives.get(this.orchestratorMachine)
    return node?.isUp && node.orchestrator ? { life: node.life, orchestrator: node.orchestrator } : undefined
  }

  start(machine: Machine): void {
    const { world, witness, bug, onDurable } = this.#parts
    if (machine.isGone || this.#lives.get(machine)?.life.isAlive) return
    const AnyLife = machine.facts.generation === 'ours' ? NodeLife : GoLife
    const node = new AnyLife({
      world,
      machine,
      network: this.network,
      witness,
      bug,
      onDurable,
      onReachable: (life, handler) => this.#onReachable(life, handler),
      log: (life, event, fields) => this.#log(life, event, fields),
    })
    world.note(`${machine.facts.nodeId} starts`)
    this.#lives.set(machine, node)
    node.life.onEnd(() => this.#ended(machine))
    node.start().then(
      () => this.#isUp(machine, node),
      (error: unknown) => {
        if (node.life.isAlive) this.#log(node.life, 'start_failed', { error })
        node.life.end()
      },
    )
  }

  crash(machine: Machine): void {
    this.#lives.get(machine)?.life.end()
  }

  /** Stopped in the middle of everything, and continued later. */
  pause(machine: Machine, forMs: number): void {
    const life = this.#lives.get(machine)?.life
    life?.sleep()
    this.#parts.world.timeline.after(forMs * 1_000, `${machine.facts.nodeId} goes on`, () => this.#goOn(life))
  }

  /** Whatever is stopped goes on now. */
  goOn(): void {
    for (const { life } of this.#lives.values()) this.#goOn(life)
  }

  #goOn(life: Life | undefined): void {
    const acts = life?.wake() ?? []
    acts.forEach((act, index) =>
      this.#parts.world.timeline.after(index, `${life?.name} catches up`, () => life?.run(act)),
    )
  }

  /** Asked to stop; what hangs is killed. */
  stopGracefully(machine: Machine): void {
    const node = this.#lives.get(machine)
    if (!node?.isUp || !node.life.isAlive) return
    this.#parts.world.timeline.after(stopLimitMs * 1_000, `${machine.facts.nodeId} is killed`, () => node.life.end())
    node.life.run(
      () =>
        void node.stop().then(
          () => node.life.end(),
          () => node.life.end(),
        ),
    )
  }

  /** The way between two processes is open again: whoever waits for it may notice at once. */
  reachable(nodeId?: NodeId): void {
    for (const { life, handler } of this.#reachable) {
      if (!life.isAlive || (nodeId !== undefined && life.name !== nodeId)) continue
      this.#parts.world.timeline.after(this.#random.int(0, 3_000_000), `${life.name} notices the way`, () => {
        life.run(handler)
      })
    }
  }

  discard(): void {
    for (const machine of this.machines) {
      machine.isGone = true
      this.#lives.get(machine)?.life.end()
      machine.database.discard()
    }
  }

  #isUp(machine: Machine, node: NodeLife | GoLife): void {
    if (!node.life.isAlive) return
    node.isUp = true
    this.#parts.world.note(`${machine.facts.nodeId} is up`)
    if (!machine.facts.isOrchestrator) return
    this.#parts.onOrchestratorUp()
    this.reachable()
  }

  #ended(machine: Machine): void {
    const { world } = this.#parts
    if (!world.faults.programsOutlive) machine.programs.killAll()
    const delayMs = world.isHealed ? 100 : this.#random.int(100, longestRestartMs)
    world.timeline.after(delayMs * 1_000, `${machine.facts.nodeId} restarts`, () => this.start(machine))
  }

  #onReachable(life: Life, handler: () => void) {
    const watch = { life, handler }
    this.#reachable.push(watch)
    return { stop: () => void this.#reachable.splice(this.#reachable.indexOf(watch), 1) }
  }

  /** The world may fail; anything else in a log is a bug of the product. */
  #log(life: Life, event: string, fields: Record<string, unknown>): void {
    const { error } = fields
    const cause = error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(fields)
    this.#parts.world.note(`${life.name} log ${event} ${cause}`)
    if (error instanceof Error && !(error instanceof Fault)) {
      this.#parts.world.violate('no bug', `${life.name} ${event}: ${error.stack ?? cause}`)
    }
  }
}
