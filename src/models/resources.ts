/** What a job asks for, as text (`"500m"`, `"1Gb"`). Stored lower-case and without blanks. */
export type ResourcesConfig = { CPU?: string; Memory?: string; Disk?: string; GPU?: string }

export type Gpu = { Index: number; Name: string; Vendor: string; Memory: number; PCIAddress: string }

/** Numbers: CPU in cores, Memory and Disk in bytes, GPU in devices. On the wire zero values are left out. */
export type Resources = { CPU: number; Memory: number; Disk: number; GPU: number; GPUs?: Gpu[] }

const dimensions = ['CPU', 'Memory', 'Disk', 'GPU'] as const
export type Dimension = (typeof dimensions)[number]

export const noResources = (): Resources => ({ CPU: 0, Memory: 0, Disk: 0, GPU: 0 })

const roundCpu = (cores: number): number => Math.round(cores * 1e6) / 1e6

export const addResources = (a: Resources, b: Resources): Resources => ({
  CPU: roundCpu(a.CPU + b.CPU),
  Memory: a.Memory + b.Memory,
  Disk: a.Disk + b.Disk,
  GPU: a.GPU + b.GPU,
  ...(a.GPUs || b.GPUs ? { GPUs: [...(a.GPUs ?? []), ...(b.GPUs ?? [])] } : {}),
})

/** Each vendor's tool counts for itself. */
export const isSameGpu = (a: Gpu, b: Gpu): boolean => a.Vendor === b.Vendor && a.Index === b.Index

/** Never below zero in any dimension (the reference wraps unsigned values: W34). */
export const subtractResources = (a: Resources, b: Resources): Resources => ({
  CPU: Math.max(0, roundCpu(a.CPU - b.CPU)),
  Memory: Math.max(0, a.Memory - b.Memory),
  Disk: Math.max(0, a.Disk - b.Disk),
  GPU: Math.max(0, a.GPU - b.GPU),
  ...(a.GPUs ? { GPUs: a.GPUs.filter((gpu) => !(b.GPUs ?? []).some((taken) => isSameGpu(taken, gpu))) } : {}),
})

/** Whether `small` fits into `large` in all four dimensions. */
export const fitsInto = (small: Resources, large: Resources): boolean =>
  dimensions.every((dimension) => isEnough(dimension, small, large))

/** The dimensions in which `small` does not fit into `large`. */
export const lackOf = (small: Resources, large: Resources): Dimension[] =>
  dimensions.filter((dimension) => !isEnough(dimension, small, large))

/** How much of the need there is, in the scarcest dimension; 0…1. */
export const shareOf = (need: Resources, there: Resources): number =>
  Math.min(1, ...lackOf(need, there).map((dimension) => there[dimension] / need[dimension]))

const isEnough = (dimension: Dimension, small: Resources, large: Resources): boolean =>
  small[dimension] <= large[dimension] + (dimension === 'CPU' ? 1e-9 : 0)

/** The smaller of both in each dimension. */
export const leastOf = (a: Resources, b: Resources): Resources => ({
  CPU: Math.min(a.CPU, b.CPU),
  Memory: Math.min(a.Memory, b.Memory),
  Disk: Math.min(a.Disk, b.Disk),
  GPU: Math.min(a.GPU, b.GPU),
})

/** Zero dimensions of `asked` take the value of `fallback`. */
export const resourcesOr = (asked: Resources, fallback: Resources): Resources => ({
  CPU: asked.CPU || fallback.CPU,
  Memory: asked.Memory || fallback.Memory,
  Disk: asked.Disk || fallback.Disk,
  GPU: asked.GPU || fallback.GPU,
})
