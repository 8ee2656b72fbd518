import type { DockerApi } from './api.ts'
import { isToldOf } from './container-events.ts'
import type { ContainerInfo } from './container-state.ts'

/** What the kernel's end of a program that takes too much memory looks like: 128 and SIGKILL. */
const killedCode = 137
const graceSeconds = 2

/**
 * Whether a program that was killed had used up its memory, although its state does not say so: when Docker hears of the end of a
 * container before it hears why, it only tells of it a moment later.
 */
export async function wasShortOfMemory(api: DockerApi, info: ContainerInfo): Promise<boolean> {
  if (info.State.ExitCode !== killedCode || !info.HostConfig.Memory) return false
  return isToldOf(api, 'oom', info, graceSeconds).catch(() => false)
}
