import type { Cluster } from './cluster.ts'
import type { Blow } from './fault-profile.ts'
import type { Machine } from './machine.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { World } from './world.ts'

const longestCutMs = 45_000
const longestPauseMs = 30_000
const longestJumpSeconds = { orchestrator: 60, compute: 600 }

/** What somebody does to the cluster from time to time while there is trouble: crashes, cuts, lost disks, set clocks. */
export class Blows {
  readonly #world: World
  readonly #cluster: Cluster
  readonly #random: SeededRandom

  constructor(world: World, cluster: Cluster) {
    this.#world = world
    this.#cluster = cluster
    this.#random = world.random.fork('blows')
  }

  start(): void {
    const { faults, timeline } = this.#world
    if (faults.blows.length === 0) return
    const pauseUs = faults.blowEveryMs * 2_000 * this.#random.float()
    timeline.after(pauseUs, 'blow', () => {
      if (this.#world.isHealed) return
      this.#strike(this.#random.pick(faults.blows))
      this.start()
    })
  }

  #strike(kind: Blow): void {
    const any = this.#random.pick(this.#cluster.machines)
    const node = this.#random.pick(this.#computeOnly())
    if (kind === 'orchestrator crash') this.#hit(kind, this.#cluster.orchestratorMachine)
    else if (kind === 'graceful restart' || kind === 'clock jump' || kind === 'process pause') this.#hit(kind, any)
    else if (node && (kind !== 'node gone for good' || this.#isSpare(node))) this.#hit(kind, node)
  }

  #hit(kind: Blow, machine: Machine): void {
    this.#world.counts.add(kind)
    this.#world.note(`${machine.facts.nodeId}: ${kind}`)
    switch (kind) {
      case 'orchestrator crash':
      case 'node crash':
        return this.#cluster.crash(machine)
      case 'graceful restart':
        return this.#cluster.stopGracefully(machine)
      case 'process pause':
        return this.#cluster.pause(machine, this.#random.int(100, longestPauseMs))
      case 'clock jump':
        return this.#setClock(machine)
      case 'cut one way':
        return this.#cut(machine, [this.#random.happens(0.5)])
      case 'partition':
        return this.#cut(machine, [true, false])
      case 'empty disk':
        this.#cluster.crash(machine)
        return machine.emptyDisk()
      case 'node gone for good':
        machine.isGone = true
        this.#cluster.crash(machine)
        return machine.programs.killAll()
    }
  }

  #computeOnly(): Machine[] {
    return this.#cluster.machines.filter(({ facts, isGone }) => !facts.isOrchestrator && !isGone)
  }

  #cut(node: Machine, isOutward: readonly boolean[]): void {
    const [here, there] = [node.facts.nodeId, this.#cluster.orchestratorMachine.facts.nodeId]
    const { network } = this.#cluster
    const ways = isOutward.map((isOut): [string, string] => (isOut ? [here, there] : [there, here]))
    for (const way of ways) network.cut(...way)
    this.#world.timeline.after(this.#random.int(100, longestCutMs) * 1_000, `mend ${here}`, () => {
      for (const way of ways) network.mend(...way)
      this.#cluster.reachable(here)
    })
  }

  /** One node at most goes for good, and never the last one. */
  #isSpare(node: Machine): boolean {
    const others = this.#cluster.machines.filter((machine) => machine !== node && machine.facts.isCompute)
    return others.length > 0 && others.every(({ isGone }) => !isGone)
  }

  #setClock({ facts, skew }: Machine): void {
    const most = facts.isOrchestrator ? longestJumpSeconds.orchestrator : longestJumpSeconds.compute
    const seconds = this.#random.int(-most, most)
    skew.offsetUs += seconds * 1e6
  }
}
