import { execFile } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { Gpu, Resources } from '#models/resources.ts'

const toolLimitMs = 5_000

/** What this machine has: CPUs and memory as limited for this process, free disk under `path`, GPUs its tools report. */
export const detectResources = async (path: string): Promise<Resources> => {
  const disk = await statfs(path)
  const gpus = await nvidiaGpus()
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

const nvidiaGpus = async (): Promise<Gpu[]> => {
  const text = await output('nvidia-smi', ['--query-gpu=index,gpu_name,memory.total', '--format=csv,noheader,nounits'])
  return parseNvidia(text)
}

/** Lines like `0, Tesla T4, 15360` (MiB). What cannot be read is left out. */
const parseNvidia = (text: string): Gpu[] =>
  text.split('\n').flatMap((line) => {
    const [index, name, memory] = line.split(',').map((part) => part.trim())
    if (!index || !name || !/^\d+$/.test(index) || !/^\d+$/.test(memory ?? '')) return []
    return [{ Index: Number(index), Name: name, Vendor: 'NVIDIA', Memory: Number(memory), PCIAddress: '' }]
  })

/** What a tool prints; '' when it is not there or fails. */
const output = (command: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(command, [...args], { timeout: toolLimitMs }, (error, stdout) => resolve(error ? '' : stdout))
  })
