import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { DockerApi } from './api.ts'
import { dockerTarget } from './docker-host.ts'

const folder = mkdtempSync(join(tmpdir(), 'bacalhau-api-'))
/** The only interface that the engine speaks. */
let spoken = '1.41'
const server = createServer((request, answer) => {
  const [, version] = /^\/v([\d.]+)\//.exec(request.url ?? '') ?? []
  if (!version) return answer.setHeader('Api-Version', spoken).end()
  const message = `client version ${version} is too ${version > spoken ? 'new. Maximum' : 'old. Minimum'} supported API version is ${spoken}`
  if (version !== spoken) return answer.writeHead(400).end(JSON.stringify({ message }))
  return answer.end(JSON.stringify({ version }))
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

it('an engine that is replaced by a newer or older one is spoken to in what that understands, from the first call on', async () => {
  const host = `unix://${join(folder, 'engine.sock')}`
  await new Promise<void>((resolve) => server.listen(join(folder, 'engine.sock'), resolve))
  const api = new DockerApi(dockerTarget({ host, certPath: '', isTlsVerified: true }), new StepClock())
  for (spoken of ['1.41', '1.44', '1.41']) {
    expect(await api.call('GET', '/info')).toEqual({ version: spoken })
  }
  spoken = '1.44'
  const [first] = await (await api.stream('GET', '/events')).toArray()
  expect(JSON.parse(String(first))).toEqual({ version: '1.44' })
})
