import { describe, expect, it } from 'vitest'
import { idleNotices } from './idle-keys.ts'
import { load } from './load.ts'

const given = (key: string, value: unknown) => load({ side: 'node', home: '/home/ann', pairs: [{ key, value }] })

describe('settings that change nothing', () => {
  it('are told of when they are given [X12]', () => {
    expect(idleNotices(given('Orchestrator.Scheduler.WorkerCount', '4'))).toEqual([
      'Orchestrator.Scheduler.WorkerCount has no effect in this version (Orchestrator.Scheduler.WorkerCount)',
    ])
    expect(idleNotices(given('API.Port', '1'))).toEqual([])
  })

  it('are those of the own broker beside NATS servers', () => {
    const pairs = [
      { key: 'Orchestrator.Port', value: '4333' },
      { key: 'Orchestrator.Bus.Servers', value: 'nats://10.0.0.5' },
    ]
    expect(idleNotices(load({ side: 'node', home: '/home/ann', pairs: pairs.slice(0, 1) }))).toEqual([])
    expect(idleNotices(load({ side: 'node', home: '/home/ann', pairs }))).toEqual([
      'Orchestrator.Port has no effect beside Orchestrator.Bus.Servers (Orchestrator.Port)',
    ])
  })

  it('are whom to trust of NATS servers where there are none', () => {
    expect(idleNotices(given('Orchestrator.TLS.CACert', 'ca.pem'))).toEqual([
      'Orchestrator.TLS.CACert has no effect without Orchestrator.Bus.Servers (Orchestrator.TLS.CACert)',
    ])
  })

  it('stop a start when somebody relies on what they promise, unless they ask for nothing', () => {
    expect(() => idleNotices(given('API.TLS.AutoCert', 'node.example'))).toThrow(
      'invalid config: API.TLS.AutoCert is not available in this version',
    )
    expect(idleNotices(given('API.TLS.AutoCert', ''))).toEqual([])
  })

  it('are logins before an open door: who configures them means to keep somebody out [X12, S24]', () => {
    const inFile = (Auth: object) =>
      load({ side: 'node', home: '/home/ann', files: [{ path: 'c.yaml', values: { API: { Auth } } }] })
    const Methods = { secret: { Type: 'ask', PolicyPath: '/secret.yaml' } }
    expect(idleNotices(inFile({ Methods }))).toEqual([expect.stringContaining('everybody is let in')])
    expect(idleNotices(inFile({ Methods, AccessPolicyPath: 'policy_ns_anon' }))).toEqual([])
    expect(idleNotices(inFile({ Methods: { ClientKey: { Type: 'challenge' } } }))).toEqual([])
  })
})
