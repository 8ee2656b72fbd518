import { execFile } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { Resources } from '#models/resources.ts'
import { detectGpus, type ToolOutput } from './detect-gpus.ts'

const toolLimitMs = 5_000

/** What this machine has: CPUs and memory as limited for this process, free disk under `path`, GPUs its tools report. */
export const detectResources = async (path: string): Promise<Resources> => {
  const disk = await statfs(path)
  const gpus = await detectGpus(outputOf)
  return {
    CPU: availableParallelism(),
    Memory: memoryBytes(),
    Disk: disk.bavail * disk.bsize,
    GPU: gpus.length,
    ...(gpus.length > 0 ? { GPUs: gpus } : {}),
  }
}

/** A container's own limit counts, not the machine behind it. */
const memoryBytes = (): number => {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}

const outputOf: ToolOutput = (command, args) =>
  new Promise((resolve) => {
    execFile(command, [...args], { timeout: toolLimitMs }, (error, stdout) => resolve(error ? '' : stdout))
  })
