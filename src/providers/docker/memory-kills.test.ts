import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFiles } from '../../../test/kit/write-files.ts'
import { hasMemoryKills } from './memory-kills.ts'

describe('hasMemoryKills', () => {
  let root: string
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-cgroups-'))
    writeFiles(root, {
      'memory/libpod_parent/libpod-older/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
      'memory/docker/old/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n',
      'machine.slice/libpod-newer.scope/memory.events': 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n',
      'machine.slice/libpod-fine.scope/memory.events': 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 0\noom_group_kill 1\n',
    })
  })
  afterAll(() => rmSync(root, { recursive: true }))

  it('reads what the kernel has counted, in its older and its newer form [R144]', async () => {
    expect(await hasMemoryKills('older', root)).toBe(true)
    expect(await hasMemoryKills('newer', root)).toBe(true)
  })

  it('says no where nothing was killed, and nothing where nothing is to be seen', async () => {
    expect(await hasMemoryKills('fine', root)).toBe(false)
    expect(await hasMemoryKills('elsewhere', root)).toBeUndefined()
    expect(await hasMemoryKills('old', root)).toBeUndefined()
  })
})
