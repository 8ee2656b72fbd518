import { describe, expect, it } from 'vitest'
import { covers, neededCapability } from './capabilities.ts'

describe('the capability a request needs [S16]', () => {
  it.each([
    ['GET', '/api/v1/auth', undefined],
    ['POST', '/api/v1/auth/:name', undefined],
    ['POST', '/api/v1/version', undefined],
    ['GET', '/api/v1/agent/alive', undefined],
    ['GET', '/api/v1/agent/authconfig', undefined],
    ['GET', '/api/v1/agent/node', 'read:agent'],
    ['GET', '/api/v1/openapi.json', 'read:agent'],
    ['GET', '/api/v1/orchestrator/jobs', 'read:job'],
    ['PUT', '/api/v1/orchestrator/jobs', 'write:job'],
    ['DELETE', '/api/v1/orchestrator/jobs/:id', 'write:job'],
    ['HEAD', '/api/v1/orchestrator/jobs', 'write:job'],
    ['GET', '/api/v1/orchestrator/nodes/:id', 'read:node'],
    ['PUT', '/api/v1/orchestrator/nodes/:id', 'write:node'],
    // Prefixes end where a segment ends: what only begins alike is something else.
    ['GET', '/api/v1/authority', 'write:node'],
    ['GET', '/api/v1/orchestrator/jobs2', 'write:node'],
    ['GET', '/api/v1/livez', 'write:node'],
    ['GET', undefined, 'write:node'],
  ])('%s %s: %s', (method, route, capability) => {
    expect(neededCapability(method, route)).toBe(capability)
  })

  it('is covered by itself, by everything of its verb, and by everything', () => {
    const covering = ['*', 'read:*', 'read:job', 'write:*', 'write:job', 'read:node'].filter((action) =>
      covers(action, 'read:job'),
    )
    expect(covering).toEqual(['*', 'read:*', 'read:job'])
  })
})
