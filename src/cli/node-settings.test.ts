import { describe, expect, it } from 'vitest'
import { load } from '#config/load.ts'
import type { Cli } from './command.ts'
import { nodeSettings } from './node-settings.ts'

const users = [{ Username: 'ada', Password: 'correct horse', Capabilities: [{ Actions: ['*'] }] }]
const both = { Orchestrator: { Enabled: true }, Compute: { Enabled: true } }

/** Where a node with these settings listens. */
async function hostOf(values: object): Promise<string> {
  const files = [{ path: 'config.yaml', values }]
  const cli = {
    load: async (side, defaults) => load({ side, home: '/home/ann', files, ...(defaults ? { defaults } : {}) }),
    stderr: { write: () => {} },
  } as Pick<Cli, 'load'> as Cli
  return (await nodeSettings(cli)).apiHost
}

describe('where a node listens when nobody says [S11]', () => {
  it('is this machine alone, when it needs nobody else and asks nobody who they are', async () => {
    expect(await hostOf(both)).toBe('127.0.0.1')
  })

  it.each([
    ['it is an orchestrator for others', { Orchestrator: { Enabled: true } }],
    ['it has users', { ...both, API: { Auth: { Users: users } } }],
    ['it has a policy', { ...both, API: { Auth: { AccessPolicyPath: 'policy_ns_anon' } } }],
    ['it trusts a provider', { ...both, API: { Auth: { Oauth2: { Issuer: 'https://a/' } } } }],
  ])('is everywhere, when %s', async (_, values) => {
    expect(await hostOf(values)).toBe('0.0.0.0')
  })

  it('is what was said', async () => {
    expect(await hostOf({ ...both, API: { Host: '0.0.0.0' } })).toBe('0.0.0.0')
  })
})
