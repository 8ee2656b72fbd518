import { setTimeout as sleep } from 'node:timers/promises'
import type { BareNode } from '../bare-node.ts'
import { atMost, type Figure, figuresOf } from '../figures.ts'
import { type Fleet, withFleet } from '../fleet.ts'
import { series } from '../load.ts'
import { cpuMs, memory } from '../process-figures.ts'
import type { Product } from '../product.ts'
import type { Bench, Scenario } from '../scenario.ts'

/** Thousands of nodes that only tell that they are alive; every tenth comes and goes. */
export const b6: Scenario = {
  id: 'B6',
  about: 'heartbeats of many nodes',
  async measure(bench) {
    return [...(await heartbeats(bench, 1_000)), ...(await heartbeats(bench, 10_000))]
  },
}

const capacity = { CPU: 8, Memory: 16e9, Disk: 1e11, GPU: 0 }
const rounds = 4

async function heartbeats({ runs, scale }: Bench, most: number): Promise<Figure[]> {
  const count = Math.ceil(most * scale)
  const seen = { share: [] as number[], lost: [] as number[], perNode: [] as number[] }
  await series(runs, async () => {
    await withFleet(count, capacity, async (product, fleet, emptyMb) => {
      await beatOnce(fleet)
      seen.perNode.push(((memory(product.pid).anonymousMb - emptyMb) * 1_024) / count)
      const [startedMs, before] = [performance.now(), cpuMs(product.pid)]
      let lost = 0
      for (let i = 0; i < rounds; i++) lost += await beatOnce(fleet)
      seen.share.push((100 * (cpuMs(product.pid) - before)) / (performance.now() - startedMs))
      seen.lost.push(lost + (await shownLost(product)))
    })
    return 0
  })
  const figure = figuresOf('B6', `${count} nodes`)
  return [
    figure('processor time of heartbeats, a tenth flapping', '% of a core', seen.share, {
      limit: count / 10_000,
      ...atMost(10, '% of a core'),
    }),
    figure('false losses', '', seen.lost, atMost(0, '')),
    figure('memory a node, connections included', 'KiB', seen.perNode),
  ]
}

const isFlapping = (place: number): boolean => place % 10 === 9

/** One interval: each steady node is heard once, each flapping one leaves or comes back. Returns how many were wrongly given up. */
async function beatOnce({ nodes, beatMs }: Fleet): Promise<number> {
  let lost = 0
  const act = async (node: BareNode, place: number): Promise<void> => {
    await sleep((beatMs * place) / nodes.length)
    if (!isFlapping(place)) lost += await beat(node)
    else if (away.has(node)) {
      away.delete(node)
      await node.join()
    } else {
      away.add(node)
      await node.leave()
    }
  }
  await Promise.all([sleep(beatMs), ...nodes.map(act)])
  return lost
}

/** 1 = it was given up; it shakes hands again then, as nodes do. The first may be given up while the last still join, before the rounds that count. */
async function beat(node: BareNode): Promise<number> {
  if (await node.beat()) return 0
  await node.join()
  return 1
}

const away = new WeakSet<BareNode>()

/** Steady nodes that the server shows as disconnected. */
async function shownLost(product: Product): Promise<number> {
  const connection = product.connection()
  const { status, body } = await connection.ask('GET', '/api/v1/orchestrator/nodes')
  connection.close()
  if (status !== 200) throw new Error(`nodes answered ${status}: ${body}`)
  const { Nodes } = JSON.parse(body) as { Nodes: { Info: { NodeID: string }; Connection: string }[] }
  const steady = Nodes.filter(({ Info }) => /^fleet-\d*[0-8]$/.test(Info.NodeID))
  return steady.filter(({ Connection }) => Connection !== 'CONNECTED').length
}
