/** The text of a file; undefined when it cannot be read. */
export type TextOf = (path: string) => Promise<string | undefined>

/** What a group of processes may use: cores and bytes. Infinity = no limit. */
export type GroupLimits = { cores: number; memoryBytes: number }

/** One hierarchy of control groups, as it is mounted for us. */
type Hierarchy = { mountPoint: string; root: string; isUnified: boolean; controllers: readonly string[] }
type Membership = { path: string; controllers: readonly string[] }

/**
 * What the control groups around this process leave it (Linux; both versions of them, also side by side). The tightest
 * limit counts, of its own group or of one around it. Where nothing can be read there is no limit.
 */
export const groupLimits = async (textOf: TextOf): Promise<GroupLimits> => {
  const hierarchies = hierarchiesOf((await textOf('/proc/self/mountinfo')) ?? '')
  const memberships = membershipsOf((await textOf('/proc/self/cgroup')) ?? '')
  const limits = hierarchies.flatMap((hierarchy) => {
    const own = memberships.find((each) => isIn(each, hierarchy))
    return own ? foldersOf(hierarchy, own.path).map((folder) => limitsIn(folder, hierarchy, textOf)) : []
  })
  const all = await Promise.all(limits)
  return {
    cores: Math.min(...all.map(({ cores }) => cores)),
    memoryBytes: Math.min(...all.map(({ memoryBytes }) => memoryBytes)),
  }
}

/** Lines like `32 31 0:29 /root /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct`. */
const hierarchiesOf = (mounts: string): Hierarchy[] =>
  mounts.split('\n').flatMap((line) => {
    const [, , , root, mountPoint] = line.split(' ')
    const [type, , options] = (line.split(' - ')[1] ?? '').split(' ')
    if (root === undefined || mountPoint === undefined || !type?.startsWith('cgroup')) return []
    return [{ mountPoint, root, isUnified: type === 'cgroup2', controllers: options?.split(',') ?? [] }]
  })

/** Lines like `4:cpu,cpuacct:/path`; those of version 2 name no controller. */
const membershipsOf = (groups: string): Membership[] =>
  groups.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) return []
    return [{ path, controllers: controllers.split(',').filter((name) => name !== '') }]
  })

const isIn = ({ controllers }: Membership, hierarchy: Hierarchy): boolean =>
  hierarchy.isUnified
    ? controllers.length === 0
    : controllers.length > 0 && controllers.every((name) => hierarchy.controllers.includes(name))

/**
 * Its folder and those around it, as far as they are mounted. Inside a container the path may be one of the machine
 * outside: then what is mounted is its own group.
 */
const foldersOf = ({ mountPoint, root }: Hierarchy, path: string): string[] => {
  const below = root === '/' ? path : path.startsWith(root) ? path.slice(root.length) : ''
  const names = below.split('/').filter((name) => name !== '' && name !== '..')
  return Array.from({ length: names.length + 1 }, (_, depth) => [mountPoint, ...names.slice(0, depth)].join('/'))
}

const limitsIn = async (folder: string, { isUnified }: Hierarchy, textOf: TextOf): Promise<GroupLimits> => {
  const read = async (name: string) => ((await textOf(`${folder}/${name}`)) ?? '').trim().split(' ').map(limitOf)
  const first = async (name: string) => (await read(name))[0] ?? Infinity
  if (isUnified) {
    const [quota = Infinity, period = Infinity] = await read('cpu.max')
    const memoryBytes = Math.min(await first('memory.max'), await first('memory.high'))
    return { cores: coresOf(quota, period), memoryBytes }
  }
  const cores = coresOf(await first('cpu.cfs_quota_us'), await first('cpu.cfs_period_us'))
  return { cores, memoryBytes: await first('memory.limit_in_bytes') }
}

/** `max`, -1 and what is no number stand for no limit. */
const limitOf = (text: string): number => (/^[1-9]\d*$/.test(text) ? Number(text) : Infinity)

const coresOf = (quota: number, period: number): number => (Number.isFinite(period) ? quota / period : Infinity)
