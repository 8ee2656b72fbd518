import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'

/** A real registry on loopback that lets in one user only. */
export type PrivateRegistry = { domain: string; stop(): Promise<void> }

export async function privateRegistry(user: string, password: string): Promise<PrivateRegistry> {
  const dir = mkdtempSync(join(tmpdir(), 'bacalhau-registry-'))
  writeFileSync(join(dir, 'htpasswd'), `${user}:${hashSync(password, 4)}\n`)
  writeFileSync(join(dir, 'config.json'), JSON.stringify(settings(dir)))
  const child = spawn('docker-registry', ['serve', join(dir, 'config.json')], { stdio: ['ignore', 'ignore', 'pipe'] })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const domain = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (part: Buffer) => {
      said += part.toString('utf8')
      const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(said) ?? []
      if (address) resolve(address)
    })
    child.once('exit', () => reject(new Error(`docker-registry ended: ${said}`)))
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await gone
    rmSync(dir, { recursive: true, force: true })
  }
  return { domain, stop }
}

const settings = (dir: string) => ({
  version: 0.1,
  log: { level: 'info', accesslog: { disabled: true } },
  storage: { filesystem: { rootdirectory: join(dir, 'data') } },
  http: { addr: '127.0.0.1:0' },
  auth: { htpasswd: { realm: 'test', path: join(dir, 'htpasswd') } },
})
