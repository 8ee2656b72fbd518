import { describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import type { CallOptions, DockerApi } from './api.ts'
import type { ContainerInfo } from './container-state.ts'
import { wasShortOfMemory } from './short-memory.ts'

const killed = (ExitCode: number, Memory: number): ContainerInfo => ({
  Id: 'c',
  State: {
    Status: 'exited',
    Running: false,
    Pid: 0,
    OOMKilled: false,
    ExitCode,
    Error: '',
    StartedAt: '2026-11-29T10:00:00.000000001Z',
    FinishedAt: '2026-11-29T10:00:09.5Z',
  },
  Config: {},
  HostConfig: { Memory },
})

/** An engine that tells of its events what `told` says, and what it was asked for. */
function telling(told: () => string) {
  const asked: CallOptions['query'][] = []
  const text = async (_method: string, _path: string, { query }: CallOptions) => {
    asked.push(query)
    return told()
  }
  return { api: partOf<DockerApi>({ text }), asked }
}

describe('wasShortOfMemory', () => {
  it('waits two seconds after the end for what the engine tells too late for its own state [R144]', async () => {
    const { api, asked } = telling(() => '{"Action":"oom"}\n')
    expect(await wasShortOfMemory(api, killed(137, 1000))).toBe(true)
    const since = Date.parse('2026-11-29T10:00:00Z') / 1000
    const filters = '{"container":["c"],"event":["oom"]}'
    expect(asked).toEqual([{ since: `${since}.000000001`, until: `${since + 11}.500000000`, filters }])
  })

  it('says no when the engine tells of nothing, or of nothing at all', async () => {
    expect(await wasShortOfMemory(telling(() => '').api, killed(137, 1000))).toBe(false)
    const mute = telling(() => {
      throw new Fault('NotImplemented', 'no events here')
    })
    expect(await wasShortOfMemory(mute.api, killed(137, 1000))).toBe(false)
  })

  it('does not ask, and so does not wait, for a program that ended otherwise or had no limit', async () => {
    const { api, asked } = telling(() => '{"Action":"oom"}\n')
    expect(await wasShortOfMemory(api, killed(143, 1000))).toBe(false)
    expect(await wasShortOfMemory(api, killed(137, 0))).toBe(false)
    expect(asked).toEqual([])
  })
})
