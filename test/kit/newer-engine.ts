import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestEngine } from './engine-process.ts'

const oldest = [1, 44] as const
const newest = [1, 52] as const
/** What engines of Debian understand. */
const spoken = '/v1.41'

/** An engine that announces only newer interfaces and refuses older ones, in front of one that does the work. */
export async function newerEngine(host: string): Promise<TestEngine> {
  const dir = mkdtempSync(join(tmpdir(), 'bacalhau-newer-'))
  const socketPath = join(dir, 'engine.sock')
  const behind = host.replace('unix://', '')
  const forward = (asked: IncomingMessage) => {
    const path = (asked.url ?? '').replace(/^\/v[\d.]+/, spoken)
    return asked.pipe(request({ socketPath: behind, method: asked.method, path, headers: asked.headers }))
  }
  const server = createServer((asked, answer) => {
    const refusal = refusalOf(asked.url ?? '')
    if (refusal) return void answer.writeHead(400).end(JSON.stringify({ message: refusal }))
    const onward = forward(asked)
    onward.on('response', (said) => passOn(said, answer))
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
  })
  server.on('upgrade', (asked: IncomingMessage, client: Socket) => {
    const refusal = refusalOf(asked.url ?? '')
    if (refusal) return void client.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    forward(asked).on('upgrade', (_said, engine: Socket, head) => {
      client.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
      client.write(head)
      engine.pipe(client).pipe(engine)
      client.on('error', () => engine.destroy())
      engine.on('error', () => client.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(dir, { recursive: true, force: true })
  }
  return { host: `unix://${socketPath}`, stop }
}

/** Only the ping goes without a version. */
function refusalOf(path: string): string | undefined {
  const [, major = '0', minor = '0'] = /^\/v(\d+)\.(\d+)\//.exec(path) ?? []
  const asked = Number(major) * 1000 + Number(minor)
  if (path === '/_ping') return undefined
  if (asked < oldest[0] * 1000 + oldest[1]) {
    return `client version ${major}.${minor} is too old. Minimum supported API version is ${oldest.join('.')}`
  }
  return asked > newest[0] * 1000 + newest[1] ? `client version ${major}.${minor} is too new` : undefined
}

function passOn(said: IncomingMessage, answer: ServerResponse): void {
  answer.writeHead(said.statusCode ?? 500, { ...said.headers, 'api-version': newest.join('.') })
  said.pipe(answer)
}
