import type { Resources } from '#models/resources.ts'
import { ClientBus } from '#nats/client-bus.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { BareNode, type Order } from './bare-node.ts'
import { memory } from './process-figures.ts'
import { Product } from './product.ts'

/** Nodes that join at a time. */
const joining = 16

const plain = { section: 'Compute', token: '', caFile: '', isTlsRequired: false } as const
const deps = { clock: new SystemClock(), random: systemRandom, log: () => {} }

/** Thousands of nodes that reach an orchestrator through its broker, each over a connection of its own. */
export class Fleet {
  readonly nodes: readonly BareNode[]
  /** How often each node is to tell that it is alive. */
  readonly beatMs: number
  readonly #buses: readonly ClientBus[]

  private constructor(nodes: readonly BareNode[], beatMs: number, buses: readonly ClientBus[]) {
    this.nodes = nodes
    this.beatMs = beatMs
    this.#buses = buses
  }

  static async join({ bus: port }: Pick<Product, 'bus'>, count: number, capacity: Resources): Promise<Fleet> {
    const buses: ClientBus[] = []
    const nodes: BareNode[] = []
    let [next, beatMs] = [0, 0]
    const join = async (): Promise<void> => {
      while (next < count) {
        const place = next++
        const name = `fleet-${place}`
        const bus = await ClientBus.connect({ ...plain, servers: [`nats://127.0.0.1:${port}`], name }, deps)
        buses.push(bus)
        const node = new BareNode(bus, name, capacity, labelsOf(place))
        nodes[place] = node
        beatMs = await node.join()
      }
    }
    await Promise.all(Array.from({ length: joining }, join))
    return new Fleet(nodes, beatMs, buses)
  }

  /** What each node does with what it is sent. */
  onOrder(act: (node: BareNode, order: Order) => void): void {
    for (const node of this.nodes) node.onOrder = (order) => act(node, order)
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.resting()))
    await Promise.all(this.#buses.map((bus) => bus.close()))
  }
}

/**
 * An orchestrator, with these flags, and its fleet for as long as `use` takes. `emptyMb`: what the orchestrator took before
 * they joined.
 */
export async function withFleet(
  count: number,
  capacity: Resources,
  use: (product: Product, fleet: Fleet, emptyMb: number) => Promise<void>,
  flags: string[] = [],
): Promise<void> {
  const product = await Product.start('orchestrator', { flags })
  try {
    const emptyMb = memory(product.pid).anonymousMb
    const fleet = await Fleet.join(product, count, capacity)
    try {
      await use(product, fleet, emptyMb)
    } finally {
      await fleet.close()
    }
  } finally {
    await product.remove()
  }
}

/** Room for all that is placed on the few nodes that meet the constraints. */
export const roomy: Resources = { CPU: 4_096, Memory: 1e13, Disk: 1e13, GPU: 0 }

/** Five zones, 500 racks, one kind of disk on every other node, and a name of its own. */
export const labelsOf = (index: number): Record<string, string> => ({
  zone: `z${index % 5}`,
  rack: `r${index % 500}`,
  disk: index % 2 === 0 ? 'hdd' : 'ssd',
  os: 'linux',
  arch: 'amd64',
  name: `fleet-${index}`,
})
