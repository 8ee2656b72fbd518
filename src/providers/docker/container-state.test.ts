import { describe, expect, it } from 'vitest'
import { type ContainerInfo, exitOf } from './container-state.ts'
import { startFailure } from './start-failure.ts'

const ended = (state: Partial<ContainerInfo['State']>): ContainerInfo => ({
  Id: 'c',
  State: { Status: 'exited', Running: false, OOMKilled: false, ExitCode: 0, Error: '', ...state },
  Config: {},
  HostConfig: {},
})

describe('exitOf', () => {
  it('takes any exit code for an ordinary end', () => {
    expect(exitOf(ended({ ExitCode: 127 }))).toEqual({ exitCode: 127 })
  })

  it('calls running out of memory a failure, whatever the code', () => {
    expect(exitOf(ended({ OOMKilled: true }))).toMatchObject({ exitCode: 0, failure: { class: 'resource' } })
  })

  it('blames the node for a container that is gone', () => {
    expect(exitOf(undefined).failure?.class).toBe('node')
  })
})

describe('startFailure', () => {
  const classOf = (text: string, code?: number) => startFailure(new Error(text), code).failure?.class

  it('tells apart who can cure it', () => {
    expect(classOf('anything', 126)).toBe('user')
    expect(classOf('anything', 127)).toBe('user')
    expect(classOf('driver failed: port is already allocated', 128)).toBe('transient')
    expect(classOf('mkdir: no space left on device', 128)).toBe('resource')
    expect(classOf('runc is broken', 128)).toBe('node')
  })
})
