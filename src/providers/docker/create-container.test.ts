import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { until } from '../../../test/kit/until.ts'
import { DockerApi } from './api.ts'
import { createContainer } from './create-container.ts'
import { dockerTarget } from './docker-host.ts'

/** An engine that answers everything at once, but for the making of containers. */
let creating: ServerResponse[]
let asked: string[]
let folder: string
const server = createServer((request, answer) => {
  asked.push(`${request.method} ${request.url}`)
  if (request.url?.includes('/containers/create')) creating.push(answer)
  else answer.end()
})

beforeEach(async () => {
  creating = []
  asked = []
  folder = mkdtempSync(join(tmpdir(), 'bacalhau-create-'))
  await new Promise<void>((resolve) => server.listen(join(folder, 'engine.sock'), resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

it('removes a container that its engine makes only when nobody waits for it any more', async () => {
  const clock = new StepClock()
  const target = { host: `unix://${join(folder, 'engine.sock')}`, certPath: '', isTlsVerified: true }
  const api = new DockerApi(dockerTarget(target), clock)
  const spec = { HostConfig: {} }
  const made = createContainer(api, { name: 'late', spec, fetchImage: async () => {} })
  const failure = made.catch((error: Error) => error.message)
  await until('it is asked for', () => creating.length === 1)
  clock.goTo(120_000)
  expect(await failure).toContain('creating container: the Docker engine at')
  creating[0]?.writeHead(201).end(JSON.stringify({ Id: 'abc' }))
  await until('it is removed', () => asked.some((each) => each.startsWith('DELETE /containers/abc?force=true')))
})

it('a capability that there is not is the mistake of the operator, who named it', async () => {
  const target = { host: `unix://${join(folder, 'engine.sock')}`, certPath: '', isTlsVerified: true }
  const api = new DockerApi(dockerTarget(target), new StepClock())
  const made = createContainer(api, { name: 'c', spec: { HostConfig: {} }, fetchImage: async () => {} })
  const failure = made.catch((error: unknown) => error)
  await until('it is asked for', () => creating.length === 1)
  creating[0]?.writeHead(400).end(JSON.stringify({ message: 'invalid CapDrop: unknown capability: "CAP_NONSENSE"' }))
  expect(await failure).toMatchObject({
    hint: expect.stringContaining('Compute.Docker.CapDrop'),
    details: { FailureClass: 'node' },
  })
})
