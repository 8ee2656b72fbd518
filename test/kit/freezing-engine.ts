import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Docker engine that holds nothing, and answers until it is told to freeze. */
export async function freezingEngine() {
  const dir = mkdtempSync(join(tmpdir(), 'bacalhau-frozen-'))
  let isFrozen = false
  const server = createServer((asked, answer) => {
    if (!isFrozen) answer.setHeader('Api-Version', '1.44').end(asked.url?.endsWith('/_ping') ? 'OK' : '[]')
  })
  const socketPath = join(dir, 'engine.sock')
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(dir, { recursive: true, force: true })
  }
  const freeze = () => {
    isFrozen = true
  }
  return { host: `unix://${socketPath}`, freeze, stop }
}
