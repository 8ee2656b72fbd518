import { describe, expect, it } from 'vitest'
import { groupLimits } from './group-limits.ts'

/** A machine with these files. */
const machine = (files: Record<string, string>) => groupLimits(async (path) => files[path])
const noLimits = { cores: Infinity, memoryBytes: Infinity }

const unified = '29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n'

describe('the limits of the control groups around a node', () => {
  it('are read from version 2, in a container that sees its own group as the root [R206, X20]', async () => {
    const found = await machine({
      '/proc/self/mountinfo': `22 1 8:1 / / rw - ext4 /dev/vda1 rw\n${unified}`,
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/memory.max': '536870912\n',
      '/sys/fs/cgroup/memory.high': 'max\n',
    })
    expect(found).toEqual({ cores: 1.5, memoryBytes: 536_870_912 })
  })

  it('are the tightest of its group and of those around it [X20]', async () => {
    const found = await machine({
      '/proc/self/mountinfo': unified,
      '/proc/self/cgroup': '0::/user.slice/user-1000.slice/session-2.scope\n',
      '/sys/fs/cgroup/user.slice/cpu.max': '50000 100000\n',
      '/sys/fs/cgroup/user.slice/memory.max': 'max\n',
      '/sys/fs/cgroup/user.slice/user-1000.slice/memory.high': '1000000\n',
      '/sys/fs/cgroup/user.slice/user-1000.slice/memory.max': '2000000\n',
      '/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope/memory.max': '3000000\n',
    })
    expect(found).toEqual({ cores: 0.5, memoryBytes: 1_000_000 })
  })

  it('are read from version 1, where a container is told the path of the machine outside [X20]', async () => {
    const group = '/docker/4f1b'
    const mounts = [
      `32 31 0:29 ${group} /sys/fs/cgroup/cpu,cpuacct ro master:9 - cgroup cgroup rw,cpu,cpuacct`,
      `35 31 0:32 ${group} /sys/fs/cgroup/memory ro master:12 - cgroup cgroup rw,memory`,
    ]
    const found = await machine({
      '/proc/self/mountinfo': `${mounts.join('\n')}\n`,
      '/proc/self/cgroup': `5:memory:${group}\n4:cpu,cpuacct:${group}\n1:name=systemd:${group}\n`,
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '25000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '268435456\n',
    })
    expect(found).toEqual({ cores: 0.25, memoryBytes: 268_435_456 })
  })

  it('are those of both versions where a machine has both [X20]', async () => {
    const found = await machine({
      '/proc/self/mountinfo': `35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n`,
      '/proc/self/cgroup': '4:memory:/jobs\n0::/jobs\n',
      '/sys/fs/cgroup/memory/jobs/memory.limit_in_bytes': '4000\n',
      '/sys/fs/cgroup/unified/jobs/cpu.max': '200000 100000\n',
    })
    expect(found).toEqual({ cores: 2, memoryBytes: 4000 })
  })

  it('are none where none are set, and where nothing can be read [X20]', async () => {
    expect(await machine({})).toEqual(noLimits)
    expect(await machine({ '/proc/self/mountinfo': '- - -\n\nx', '/proc/self/cgroup': '::\n0' })).toEqual(noLimits)
    const unlimited = await machine({
      '/proc/self/mountinfo':
        '1 1 0:1 / /c rw - cgroup cgroup rw,cpu\n2 1 0:2 / /m rw - cgroup cgroup rw,memory\n3 1 0:3 / /u rw - cgroup2 x rw\n',
      '/proc/self/cgroup': '2:memory:/\n1:cpu:/\n0::/\n',
      '/c/cpu.cfs_quota_us': '-1\n',
      '/c/cpu.cfs_period_us': '100000\n',
      '/m/memory.limit_in_bytes': '9223372036854771712\n',
      '/u/cpu.max': 'max 100000\n',
      '/u/memory.max': 'max\n',
    })
    expect(unlimited.cores).toBe(Infinity)
    expect(unlimited.memoryBytes).toBeGreaterThan(1e18)
  })
})
