import { beatOnce } from '../beats.ts'
import { atMost, type Figure, figuresOf } from '../figures.ts'
import { withFleet } from '../fleet.ts'
import { series } from '../load.ts'
import { shareOfLoneNodes, withNearFleet } from '../near.ts'
import { cpuMs, memory } from '../process-figures.ts'
import type { Product } from '../product.ts'
import type { Bench, Scenario } from '../scenario.ts'

/** Thousands of nodes that only tell that they are alive; every tenth comes and goes. All over TCP, which is more than is asked; and a thousand. */
export const b6: Scenario = {
  id: 'B6',
  about: 'heartbeats of many nodes',
  async measure(bench) {
    return [...(await heartbeats(bench, 1_000)), ...(await mostlyNear(bench)), ...(await heartbeats(bench, 10_000))]
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

/** Ten thousand, a thousand of them over TCP, the others in the orchestrator's process: what they do by themselves is taken off. */
async function mostlyNear({ runs, scale }: Bench): Promise<Figure[]> {
  const [near, far] = [Math.ceil(9_000 * scale), Math.ceil(1_000 * scale)]
  const seen = { share: [] as number[], alone: [] as number[], lost: [] as number[] }
  await series(runs, async () => {
    let both = 0
    let lost = 0
    await withNearFleet('beats', near, far, async (fleet) => {
      await beatOnce(fleet.far)
      await fleet.said()
      const [startedMs, before] = [performance.now(), cpuMs(fleet.pid)]
      for (let i = 0; i < rounds; i++) lost += (await beatOnce(fleet.far)) + (await fleet.said())
      both = (100 * (cpuMs(fleet.pid) - before)) / (performance.now() - startedMs)
    })
    const alone = await shareOfLoneNodes('beats', near, rounds)
    seen.alone.push(alone)
    seen.share.push(both - alone)
    seen.lost.push(lost)
    return 0
  })
  const figure = figuresOf('B6', `${near + far} nodes, ${far} over TCP`)
  return [
    figure('processor time of heartbeats, a tenth flapping', '% of a core', seen.share, atMost(10, '% of a core')),
    figure('taken off: what the nodes beside it take by themselves', '% of a core', seen.alone),
    figure('false losses', '', seen.lost, atMost(0, '')),
  ]
}

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
