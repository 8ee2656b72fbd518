import type { NodeId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'
import { GoDisk } from './go-nodes/go-disk.ts'
import { KeptLogs } from './kept-logs.ts'
import { Programs } from './programs.ts'
import { SimulatedDatabase } from './simulated-database.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import type { Skew } from './virtual-clock.ts'
import type { Witness } from './witness.ts'
import type { World } from './world.ts'

export type MachineFacts = {
  nodeId: NodeId
  isOrchestrator: boolean
  isCompute: boolean
  capacity: Resources
  labels: Record<string, string>
  /** Whose program its node is: ours, or one like Go's of this version. */
  generation: 'ours' | '1.4' | '1.9'
}

/** What outlives the process of a node: its disk, its clock and, with some engines, its programs. */
export class Machine {
  readonly facts: MachineFacts
  readonly skew: Skew
  readonly programs: Programs
  database: SimulatedDatabase
  disk: SimulatedDisk
  logs: KeptLogs
  goDisk = new GoDisk()
  /** It never comes back. */
  isGone = false
  readonly #world: World
  readonly #witness: Witness

  constructor(world: World, witness: Witness, facts: MachineFacts) {
    this.#world = world
    this.#witness = witness
    this.facts = facts
    const random = world.random.fork(`machine ${facts.nodeId}`)
    this.skew = world.faults.isDrifting
      ? { offsetUs: random.int(-300, 300) * 1e6, rate: 0.99 + 0.02 * random.float() }
      : { offsetUs: 0, rate: 1 }
    if (world.faults.isDrifting) world.counts.add('clock drift')
    this.programs = new Programs(world, witness, facts.nodeId)
    this.database = new SimulatedDatabase(world)
    this.disk = new SimulatedDisk(world)
    this.logs = new KeptLogs(this.disk)
  }

  /** A new disk; the machine keeps its name. */
  emptyDisk(): void {
    this.database.discard()
    this.database = new SimulatedDatabase(this.#world)
    this.disk = new SimulatedDisk(this.#world)
    this.logs = new KeptLogs(this.disk)
    this.goDisk = new GoDisk()
    this.#witness.emptied.add(this.facts.nodeId)
  }
}
