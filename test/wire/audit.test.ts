import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bearer, type GuardedNode, withNode } from '../kit/guarded-node.ts'
import { jsonType, waitingJob } from '../kit/plain-http.ts'

const key = 'a-key-of-twenty-characters'
const secretInJob = 'value-of-a-secret'
const users = { Auth: { Users: [{ Alias: 'ada l\n', APIKey: key, Capabilities: [{ Actions: ['*'] }] }] } }

const auditOf = ({ said }: GuardedNode) =>
  said
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'api.audit')
    .map(({ level: _level, time: _time, msg: _msg, ...fields }) => fields)

const job = waitingJob({ Tasks: [{ Name: 'main', Engine: { Type: 'noop' }, Env: { TOKEN: secretInJob } }] })

describe('the record of writes', () => {
  it('says who did what, on what, and how it ended; reads are not in it [S22]', async () => {
    await withNode({ API: users }, async (node) => {
      const ask = (method: string, path: string, id: string, body: object = {}, headers: object = bearer(key)) =>
        node.http.ask(method, path, JSON.stringify(body), { ...jsonType, 'X-Request-Id': id, ...headers })
      const { JobID } = (await ask('PUT', '/orchestrator/jobs', 'r1', { Job: job })).json
      await ask('DELETE', `/orchestrator/jobs/${JobID}?reason=x`, 'r2')
      await ask('DELETE', '/orchestrator/jobs/j-none%0Aline', 'r3')
      await ask('PUT', '/orchestrator/nodes/n-none', 'r4', { Action: 'approve' })
      await ask('PUT', '/orchestrator/jobs', 'r5', { Job: job }, {})
      await node.http.ask('GET', '/orchestrator/jobs', undefined, bearer(key))

      const by = { who: '"ada l\\n"', address: '127.0.0.1' }
      expect(auditOf(node)).toEqual([
        { ...by, what: 'PUT /api/v1/orchestrator/jobs', status: 200, made: JobID, requestId: 'r1' },
        { ...by, what: `DELETE /api/v1/orchestrator/jobs/${JobID}`, status: 200, requestId: 'r2' },
        { ...by, what: 'DELETE /api/v1/orchestrator/jobs/j-none%0Aline', status: 404, requestId: 'r3' },
        {
          ...by,
          what: 'PUT /api/v1/orchestrator/nodes/n-none',
          status: 200,
          error: expect.stringContaining('n-none'),
          requestId: 'r4',
        },
        { ...by, who: 'anonymous', what: 'PUT /api/v1/orchestrator/jobs', status: 401, requestId: 'r5' },
      ])
      const log = node.said.join('\n')
      for (const secret of [key, secretInJob, 'Bearer']) expect(log).not.toContain(secret)
    })
  })

  it('tells who only knows a shared secret from who says nothing [S22]', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bacalhau-audit-'))
    await writeFile(join(folder, 'secret.yaml'), 'Secret: open sesame\n')
    const Methods = { shared: { Type: 'ask', PolicyPath: folder } }
    await withNode({ API: { Auth: { Methods, AccessPolicyPath: 'policy_ns_anon' } } }, async (node) => {
      const MethodData = Buffer.from('{"token":"open sesame"}').toString('base64')
      const login = await node.http.ask('POST', '/auth/shared', JSON.stringify({ MethodData }), jsonType)
      await node.http.submit(job, bearer(login.json.Authentication.token))
      await node.http.submit(job)
      expect(auditOf(node).map(({ who, status }) => [who, status])).toEqual([
        ['anonymous', 200],
        ['unnamed', 200],
        ['anonymous', 403],
      ])
    })
    await rm(folder, { recursive: true })
  })

  it('leaves submissions to an open server out, which are records themselves, and nothing else [S22]', async () => {
    await withNode({}, async (node) => {
      const { JobID } = (await node.http.submit(job)).json
      await node.http.ask('DELETE', `/orchestrator/jobs/${JobID}`, '{}', jsonType)
      expect(auditOf(node)).toEqual([
        expect.objectContaining({ who: 'anonymous', what: `DELETE /api/v1/orchestrator/jobs/${JobID}`, status: 200 }),
      ])
      expect(node.said.join('\n')).not.toContain(secretInJob)
    })
  })
})
