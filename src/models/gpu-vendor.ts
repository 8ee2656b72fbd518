import type { Job } from './job.ts'
import type { Gpu } from './resources.ts'

/** As GPUs name them. */
const vendors = ['NVIDIA', 'AMD/ATI', 'Intel'] as const

/** `GPU-NVIDIA`, `GPU-AMD`, `GPU-Intel`. */
const labelOf = (vendor: string): string => `GPU-${vendor.split('/')[0]}`

/** Labels that constraints can ask for: how many GPUs of each vendor a node has. */
export const vendorLabels = (gpus: readonly Gpu[]): Record<string, string> => {
  const byLabel = Map.groupBy(gpus, ({ Vendor }) => labelOf(Vendor))
  return Object.fromEntries([...byLabel].map(([label, same]) => [label, String(same.length)]))
}

const excluding = ['!', '!=', 'notin', 'lt']

/** Of which vendors a job wants GPUs, as these are named; none = it does not matter. */
export const vendorsWantedBy = ({ Constraints }: Pick<Job, 'Constraints'>): string[] => {
  const asked = Constraints.filter(({ Operator }) => !excluding.includes(Operator)).map(({ Key }) => Key)
  return vendors.filter((vendor) => asked.includes(labelOf(vendor)))
}

/** Which of a node's GPUs a job may have: where its constraints ask for a vendor, only those of that one. */
export const isWantedBy = (job: Pick<Job, 'Constraints'>): ((gpu: Gpu) => boolean) => {
  const wanted = vendorsWantedBy(job)
  return wanted.length === 0 ? () => true : ({ Vendor }) => wanted.some((vendor) => vendor === Vendor)
}
