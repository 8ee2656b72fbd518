import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, type Figure } from '../figures.ts'
import { memory, tree } from '../process-figures.ts'
import { Product, type Roles } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** Memory of an idle node, and how long it takes to end. */
export const b7: Scenario = {
  id: 'B7',
  about: 'memory and ending',
  async measure({ runs }) {
    const figures: Figure[] = []
    for (const roles of ['orchestrator', 'compute', 'hybrid'] as const) figures.push(...(await idle(roles, runs)))
    return figures
  },
}

async function idle(roles: Roles, runs: number): Promise<Figure[]> {
  const seen = { resident: [] as number[], anonymous: [] as number[], children: [] as number[], end: [] as number[] }
  const other = roles === 'compute' ? await Product.start('orchestrator') : undefined
  for (let i = 0; i < runs; i++) {
    const product = await Product.start(
      roles,
      other ? { flags: ['-c', `Compute.Orchestrators=nats://127.0.0.1:${other.bus}`] } : {},
    )
    await sleep(3000)
    const { residentMb, anonymousMb } = memory(product.pid)
    seen.resident.push(residentMb)
    seen.anonymous.push(anonymousMb)
    seen.children.push(
      tree(product.pid)
        .slice(1)
        .reduce((sum, pid) => sum + memory(pid).anonymousMb, 0),
    )
    seen.end.push(await product.end())
    await product.remove()
  }
  await other?.remove()
  const figure = (what: string, unit: string, values: number[], most?: number): Figure => ({
    id: 'B7',
    what: `${roles}: ${what}`,
    unit,
    runs: values,
    ...(most !== undefined && atMost(most, unit)),
  })
  return [
    figure('resident, idle', 'MiB', seen.resident, 110),
    figure('anonymous, idle', 'MiB', seen.anonymous, 40),
    ...(roles === 'orchestrator' ? [] : [figure('anonymous of warm WASM children', 'MiB', seen.children)]),
    figure('SIGTERM to gone', 'ms', seen.end, 100),
  ]
}
