import { describe, expect, it } from 'vitest'
import type { RunRequest } from '#contracts/engine.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import { containerSpec } from './container-spec.ts'
import { defaultDockerSettings } from './settings.ts'

const asked = (parts: Partial<RunRequest> = {}): RunRequest => ({
  executionId: 'e-1' as ExecutionId,
  jobId: 'j-1' as JobId,
  engine: { Type: 'docker' },
  env: {},
  inputs: [],
  engineInputs: [],
  outputs: [],
  resources: { CPU: 0.1, Memory: 1000, Disk: 0, GPU: 0 },
  network: { Type: 'None' },
  logs: { write: () => undefined },
  scratch: { path: '', make: async () => {} },
  ...parts,
})
const logConfig = { Type: 'local', Config: {} }
const spec = (parts?: Partial<RunRequest>, params = {}, more = {}, found = {}) =>
  containerSpec(
    asked(parts),
    { Image: 'i', ...params },
    'bacalhau-n',
    { ...defaultDockerSettings, ...more },
    { logConfig, ...found },
  )

describe('containerSpec', () => {
  it('leaves entrypoint, command and folder to the image unless they are given [R157, R158, R160]', () => {
    expect(spec()).not.toHaveProperty('Entrypoint')
    expect(spec()).not.toHaveProperty('Cmd')
    expect(spec()).not.toHaveProperty('WorkingDir')
    expect(spec({}, { Entrypoint: ['a'], Parameters: ['b'], WorkingDirectory: '/w' })).toMatchObject({
      Entrypoint: ['a'],
      Cmd: ['b'],
      WorkingDir: '/w',
    })
  })

  it('names each variable once, the engine’s own last, and none without a value unless the engine takes it [R159]', () => {
    const env = { A: '1', BACALHAU_JOB_ID: 'j-1', B: 'x=y' }
    expect(spec({ env }, { EnvironmentVariables: ['A=2', 'C', '*', 'D=a=b'] })['Env']).toEqual([
      'A=2',
      'BACALHAU_JOB_ID=j-1',
      'B=x=y',
      'D=a=b',
    ])
    expect(spec({}, { EnvironmentVariables: ['A=2', 'C'] }, {}, { takesBareNames: true })['Env']).toEqual(['A=2', 'C'])
  })

  it('lets the engine choose the port of the host when none is named', () => {
    const Ports = [
      { Name: 'a', Target: 80 },
      { Name: 'b', Static: 5000, Target: 90, HostNetwork: '127.0.0.1' },
    ]
    expect(spec({ network: { Type: 'Bridge', Ports } }).HostConfig['PortBindings']).toEqual({
      '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '' }],
      '90/tcp': [{ HostIp: '127.0.0.1', HostPort: '5000' }],
    })
  })

  it('limits CPU to no less than a kernel can, and not at all where none was asked for', () => {
    const nanoCpus = (CPU: number) => spec({ resources: { CPU, Memory: 0, Disk: 0, GPU: 0 } }).HostConfig['NanoCpus']
    expect([0, 0.0001, 0.01, 0.25].map(nanoCpus)).toEqual([0, 10_000_000, 10_000_000, 250_000_000])
  })

  it('mounts inputs as they are marked and outputs writable', () => {
    const input = { Source: { Type: 'x' }, Alias: '', Target: '/in' }
    const inputs = [{ input, hostPath: '/h/in', kind: 'directory' as const, guestPath: '/in', isReadOnly: true }]
    const outputs = [{ resultPath: { Name: 'o', Path: '/out' }, hostPath: '/h/out' }]
    expect(spec({ inputs, outputs }).HostConfig['Mounts']).toEqual([
      { Type: 'bind', Source: '/h/in', Target: '/in', ReadOnly: true },
      { Type: 'bind', Source: '/h/out', Target: '/out', ReadOnly: false },
    ])
  })

  it('names another runtime only when there is one', () => {
    expect(spec().HostConfig).not.toHaveProperty('Runtime')
    expect(spec({}, {}, { runtime: 'runsc' }).HostConfig['Runtime']).toBe('runsc')
  })
})
