import { readFile, statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { Resources } from '#models/resources.ts'
import { detectGpus } from './detect-gpus.ts'
import { groupLimits, type TextOf } from './group-limits.ts'
import { type OnToolTrouble, toolOutput } from './tool-output.ts'

/**
 * What this machine has: CPUs and memory as far as this process may use them, free disk under `path`, and the GPUs that
 * tools report. Tools that are of no use are told.
 */
export const detectResources = async (path: string, onToolTrouble: OnToolTrouble): Promise<Resources> => {
  const [disk, limits, gpus, status = ''] = await Promise.all([
    statfs(path),
    groupLimits(textOf),
    detectGpus(toolOutput(onToolTrouble)),
    textOf('/proc/self/status'),
  ])
  return {
    CPU: Math.min(cpusOf(status) ?? availableParallelism(), thousandths(limits.cores)),
    Memory: Math.min(totalmem(), limits.memoryBytes),
    Disk: disk.bavail * disk.bsize,
    GPU: gpus.length,
    ...(gpus.length > 0 ? { GPUs: gpus } : {}),
  }
}

/**
 * CPUs that the system lets this process run on, as Linux tells them: `0-3,8`. Node's own count is no use beside a
 * quota: it rounds that to whole ones.
 */
export const cpusOf = (status: string): number | undefined => {
  const [, list] = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status) ?? []
  const counts = list?.split(',').map((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Number(last) - Number(first) + 1
  })
  return counts?.reduce((sum, count) => sum + count, 0)
}

const thousandths = (cores: number): number => Math.trunc(cores * 1000) / 1000

const textOf: TextOf = (path) => readFile(path, 'utf8').catch(() => undefined)
