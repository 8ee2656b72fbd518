import { readFile } from 'node:fs/promises'

const root = '/sys/fs/cgroup'

/** Where Podman and Docker have the kernel count what a container uses, by the kernel's older and newer way, with systemd and without. */
const places = (id: string): string[] => [
  `memory/libpod_parent/libpod-${id}/memory.oom_control`,
  `memory/machine.slice/libpod-${id}.scope/memory.oom_control`,
  `libpod_parent/libpod-${id}/memory.events`,
  `machine.slice/libpod-${id}.scope/memory.events`,
  `memory/docker/${id}/memory.oom_control`,
  `memory/system.slice/docker-${id}.scope/memory.oom_control`,
  `docker/${id}/memory.events`,
  `system.slice/docker-${id}.scope/memory.events`,
]

/**
 * Whether the kernel has killed a process of a container for want of memory, as it counts itself: Podman does not always tell. The
 * count is there until the engine has cleared up, a moment after the end. False also where it cannot be seen.
 */
export async function hasMemoryKills(id: string, counts = root): Promise<boolean> {
  const texts = await Promise.all(places(id).map((place) => readFile(`${counts}/${place}`, 'utf8').catch(() => '')))
  return texts.some((text) => /^oom_kill [1-9]/m.test(text))
}
