import type { NodeId } from '#models/ids.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { vendors, zones } from './job-mix.ts'
import type { MachineFacts } from './machine.ts'
import type { SeededRandom } from './seeded-random.ts'

const gibibyte = 1024 ** 3

/** One node of both roles; an orchestrator and nodes; or both roles in the first and more nodes. */
export const drawMachines = (random: SeededRandom): MachineFacts[] => {
  const kind = random.pick(['hybrid', 'orchestrator and nodes', 'orchestrator and nodes', 'hybrid and nodes'] as const)
  const nodes = kind === 'hybrid' ? 0 : random.int(1, kind === 'hybrid and nodes' ? 3 : 4)
  const drawGeneration = generations(random.fork('generations'))
  const drawGpus = gpus(random.fork('gpus'))
  const facts = (nodeId: string, isOrchestrator: boolean, isCompute: boolean): MachineFacts => {
    const generation = isOrchestrator ? 'ours' : drawGeneration()
    const cores = { CPU: random.int(2, 4), Memory: 8 * gibibyte, Disk: 100 * gibibyte, GPU: 0 }
    return {
      nodeId: nodeId as NodeId,
      isOrchestrator,
      isCompute,
      capacity: generation === 'ours' ? { ...cores, ...drawGpus() } : cores,
      labels: { zone: random.pick(zones) },
      generation,
    }
  }
  return [
    facts('node-0', true, kind !== 'orchestrator and nodes'),
    ...Array.from({ length: nodes }, (_, index) => facts(`node-${index + 1}`, false, true)),
  ]
}

/** Half of our machines have GPUs, some of several vendors: each vendor's tool counts its own from 0. */
const gpus = (random: SeededRandom) => (): Pick<Resources, 'GPU' | 'GPUs'> => {
  const counts = random.pick([[0], [0], [1], [2], [1, 1], [2, 1]])
  const order = random.happens(0.5) ? vendors : vendors.toReversed()
  const some = (count: number, at: number): Gpu[] =>
    Array.from({ length: count }, (_, Index) => ({
      Index,
      Name: 'card',
      Vendor: order[at] ?? '',
      Memory: 1,
      PCIAddress: '',
    }))
  const GPUs = counts.flatMap(some)
  return GPUs.length === 0 ? { GPU: 0 } : { GPU: GPUs.length, GPUs }
}

/** In a part of the clusters some nodes are like Go's. */
const generations = (random: SeededRandom): (() => MachineFacts['generation']) => {
  const isMixed = random.happens(0.3)
  return () => (isMixed ? random.pick(['1.4', '1.4', '1.9', '1.9', 'ours'] as const) : 'ours')
}
