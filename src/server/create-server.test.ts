import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildInfo } from '#lib/build-info.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { startHybrid } from '../../test/kit/cluster.ts'
import { ScriptedEngine } from '../../test/kit/scripted-engine.ts'
import { createServer, type Server } from './create-server.ts'

const silent = { isLevelEnabled: () => false, debug() {}, info() {}, warn() {}, error() {} }
let cluster: Awaited<ReturnType<typeof startHybrid>>
let server: Server

beforeEach(async () => {
  cluster = await startHybrid({
    engines: [
      new ScriptedEngine('noop', (request) => {
        request.logs.write(1, Buffer.from('hello\n'))
        return { exitCode: 0 }
      }),
    ],
  })
  server = createServer({
    controlPlane: {
      agent: {
        self: async () => (await cluster.orchestrator.nodes.list())[0]!,
        debug: async () => ({}),
        config: () => ({}),
      },
      jobs: cluster.jobs,
      nodes: cluster.orchestrator.nodes,
    },
    settings: { host: '127.0.0.1', port: 0 },
    version: buildInfo,
    clock: new SystemClock(),
    random: systemRandom,
    log: silent,
  })
  await server.start()
})
afterEach(async () => {
  await server.stop()
  await cluster.stop()
})

it('smoke', async () => {
  const { url } = server.address
  const get = async (p: string, init?: any) => {
    const r = await fetch(url + p, init)
    return [r.status, r.headers.get('content-type'), await r.text()]
  }
  console.log(
    await get('/api/v1/agent/alive'),
    await get('/api/v1/agent/node?pretty'),
    await get('/api/v1/nope'),
    await get('/'),
    await get('/livez'),
  )
  const [, , t] = await get('/api/v1/orchestrator/jobs', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ Job: { Name: 'x', Type: 'batch', Tasks: [{ Name: 'main', Engine: { Type: 'noop' } }] } }),
  })
  console.log(t)
  const id = JSON.parse(t as string).JobID
  console.log(await get(`/api/v1/orchestrator/jobs/${id}?wait=5s&index=2&include=history,executions`))
  console.log(
    await get(`/api/v1/orchestrator/jobs`),
    await get('/api/v1/orchestrator/jobs/zz'),
    await get(`/api/v1/orchestrator/jobs/${id}/logs`),
  )
  const ws = new WebSocket(`${url.replace('http', 'ws')}/api/v1/orchestrator/jobs/${id}/logs?follow=true`)
  await new Promise<void>((r) => {
    ws.onmessage = (m) => console.log(m.data)
    ws.onclose = (c) => {
      console.log(c.code, c.reason)
      r()
    }
  })
})
