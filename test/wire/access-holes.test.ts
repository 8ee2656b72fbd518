import { describe, expect, it } from 'vitest'
import { bearer, withNode } from '../kit/guarded-node.ts'
import { jsonType, waitingJob } from '../kit/plain-http.ts'

const marked = { ...jsonType, 'X-Bacalhau-Job-ID': 'j-1' }

describe('a job that submits a job', () => {
  it('is refused, however it submits, unless the operator wants it [S14]', async () => {
    await withNode({}, async ({ http }) => {
      const job = waitingJob({ Name: 'child' })
      const id = (await http.submit(job)).json.JobID
      for (const [method, path, body] of [
        ['PUT', '/orchestrator/jobs', { Job: job }],
        ['POST', '/orchestrator/jobs', { Job: job }],
        ['POST', '/orchestrator/jobs/batch', { Jobs: [job] }],
        ['PUT', `/orchestrator/jobs/${id}/rerun`, {}],
      ] as const) {
        const { status, json } = await http.ask(method, path, JSON.stringify(body), marked)
        expect([status, json.message], path).toEqual([
          403,
          'rejecting job because HTTP header X-Bacalhau-Job-ID was set',
        ])
      }
      expect((await http.get('/orchestrator/jobs')).json.Items).toHaveLength(1)
      expect((await http.ask('GET', '/orchestrator/jobs', undefined, marked)).status).toBe(200)
    })
    await withNode({ JobAdmissionControl: { AcceptJobsFromJobs: true } }, async ({ http }) => {
      const body = JSON.stringify({ Job: waitingJob() })
      expect((await http.ask('PUT', '/orchestrator/jobs', body, marked)).status).toBe(200)
    })
  })
})

describe('approval from outside', () => {
  it('is not to be had by a variable of the environment [S15]', async () => {
    await withNode({}, async ({ http }) => {
      const envelope = {
        payload: { ClientID: 'c', JobID: 'j', Response: { shouldBid: true } },
        signature: '',
        client_public_key: '',
      }
      expect((await http.ask('POST', '/compute/approve', JSON.stringify(envelope), jsonType)).status).toBe(404)
    })
  })
})

describe('secrets of a configuration', () => {
  const [password, key, token] = ['a-secret-password', 'a-secret-api-key-0123', 'a-secret-token']
  const values = {
    API: {
      Auth: {
        Users: [
          { Username: 'ada', Password: password, Capabilities: [{ Actions: ['*'] }] },
          { APIKey: key, Capabilities: [{ Actions: ['*'] }] },
        ],
      },
    },
    Orchestrator: { Auth: { Token: token } },
    Compute: { Auth: { Token: token }, Orchestrators: [`nats://${token}@127.0.0.1:4222`] },
  }

  it('are in no answer and in no line of the log, whatever is asked [S12, F12]', async () => {
    await withNode(values, async (node) => {
      const answers = []
      for (const path of ['/agent/config', '/agent/node', '/agent/debug', '/orchestrator/nodes', '/agent/authconfig']) {
        answers.push((await node.http.ask('GET', path, undefined, bearer(key))).text)
      }
      // A client of 1.4 repeats its token in the body.
      const body = { Credential: { Scheme: 'Bearer', Value: key }, Job: waitingJob({ Name: 'named' }) }
      const submitted = await node.http.ask('PUT', '/orchestrator/jobs', JSON.stringify(body), {
        ...jsonType,
        ...bearer(key),
      })
      expect(submitted.status).toBe(200)
      await node.http.ask('PUT', '/orchestrator/jobs', `{"Credential":"${key}"`, { ...jsonType, ...bearer(key) })
      answers.push(
        submitted.text,
        (
          await node.http.ask(
            'GET',
            `/orchestrator/jobs/${submitted.json.JobID}?include=history`,
            undefined,
            bearer(key),
          )
        ).text,
      )
      const everything = [...answers, ...node.said].join('\n')
      expect(answers[0]).toContain('nats://********@127.0.0.1:4222')
      for (const secret of [password, key, token]) expect(everything).not.toContain(secret)
    })
  })
})
