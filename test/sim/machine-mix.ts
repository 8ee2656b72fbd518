import type { NodeId } from '#models/ids.ts'
import { zones } from './job-mix.ts'
import type { MachineFacts } from './machine.ts'
import type { SeededRandom } from './seeded-random.ts'

const gibibyte = 1024 ** 3

/** One node of both roles; an orchestrator and nodes; or both roles in the first and more nodes. */
export const drawMachines = (random: SeededRandom): MachineFacts[] => {
  const kind = random.pick(['hybrid', 'orchestrator and nodes', 'orchestrator and nodes', 'hybrid and nodes'] as const)
  const nodes = kind === 'hybrid' ? 0 : random.int(1, kind === 'hybrid and nodes' ? 3 : 4)
  const drawGeneration = generations(random.fork('generations'))
  const facts = (nodeId: string, isOrchestrator: boolean, isCompute: boolean): MachineFacts => ({
    nodeId: nodeId as NodeId,
    isOrchestrator,
    isCompute,
    capacity: { CPU: random.int(2, 4), Memory: 8 * gibibyte, Disk: 100 * gibibyte, GPU: 0 },
    labels: { zone: random.pick(zones) },
    generation: isOrchestrator ? 'ours' : drawGeneration(),
  })
  return [
    facts('node-0', true, kind !== 'orchestrator and nodes'),
    ...Array.from({ length: nodes }, (_, index) => facts(`node-${index + 1}`, false, true)),
  ]
}

/** In a part of the clusters some nodes are like Go's. */
const generations = (random: SeededRandom): (() => MachineFacts['generation']) => {
  const isMixed = random.happens(0.3)
  return () => (isMixed ? random.pick(['1.4', '1.4', '1.9', '1.9', 'ours'] as const) : 'ours')
}
