import type { WorkRow } from '#contracts/store.ts'
import { allocatedOf } from '#models/execution.ts'
import { isWantedBy } from '#models/gpu-vendor.ts'
import { type Gpu, isSameGpu } from '#models/resources.ts'

/** Which of the node's GPUs an order may have: those that it was promised by name, or where none was named, any that its job wants. */
export const isForOrder = ({ execution, job }: WorkRow['order']): ((gpu: Gpu) => boolean) => {
  const named = allocatedOf(execution)?.GPUs
  return named ? (gpu) => named.some((own) => isSameGpu(own, gpu)) : isWantedBy(job)
}
