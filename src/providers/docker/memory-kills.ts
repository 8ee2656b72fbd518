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
 * count is there until the engine has cleared up, a moment after the end. Undefined where it cannot be seen.
 */
export async function hasMemoryKills(id: string, counts = root): Promise<boolean | undefined> {
  const texts = await Promise.all(places(id).map((place) => readFile(`${counts}/${place}`, 'utf8').catch(() => '')))
  const count = texts.map((text) => /^oom_kill (\d+)/m.exec(text)?.[1]).find((each) => each !== undefined)
  return count === undefined ? undefined : Number(count) > 0
}
