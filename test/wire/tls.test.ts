import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GuardedNode, guardedNode } from '../kit/guarded-node.ts'
import { waitingJob } from '../kit/plain-http.ts'
import { runCli } from './cli-process.ts'

const limitMs = 60_000
let home: string
let secure: GuardedNode
let plain: GuardedNode
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bacalhau-tls-'))
  secure = await guardedNode({ API: { TLS: { SelfSigned: true } } })
  plain = await guardedNode({})
}, 60_000)
afterAll(async () => {
  await Promise.all([secure.stop(), plain.stop()])
  await rm(home, { recursive: true, force: true })
})

const certificate = () => join(secure.folder, 'orchestrator/api-cert.pem')
const cli = ({ port }: { port: number }, ...args: string[]) =>
  runCli({
    args: ['--api-host', '127.0.0.1', '--api-port', String(port), ...args],
    cwd: home,
    env: { PATH: process.env.PATH ?? '', HOME: home, BACALHAU_DIR: join(home, 'data') },
    timeoutMs: limitMs,
  })

describe('TLS of the API', () => {
  it('is spoken by a client that trusts the certificate, or takes any: either implies TLS [S20, R1]', async () => {
    for (const flags of [['--cacert', certificate()], ['--insecure'], ['--tls', '--insecure']]) {
      const { exit, stdout, stderr } = await cli(secure, ...flags, 'agent', 'alive')
      expect(stderr).toBe('')
      expect([exit, stdout.trim()]).toEqual([0, 'Status: OK'])
    }
  })

  it('keeps out a client that trusts nobody it knows, or speaks plainly, and says what to do [S20]', async () => {
    const distrusting = await cli(secure, '--tls', 'agent', 'alive')
    expect(distrusting.exit).toBe(1)
    expect(distrusting.stderr).toContain('certificate signed by unknown authority')
    expect(distrusting.stderr).toContain('--cacert')
    const open = await cli(secure, 'agent', 'alive')
    expect(open.exit).toBe(1)
    expect(open.stderr).toContain('speak TLS?')
    const tooMuch = await cli(plain, '--tls', 'agent', 'alive')
    expect(tooMuch.exit).toBe(1)
    expect(tooMuch.stderr).toContain('http: server gave HTTP response to HTTPS client')
    const missing = await cli(secure, '--cacert', 'nowhere.pem', 'agent', 'alive')
    expect(missing.stderr).toContain('CA certificate file "nowhere.pem" does not exists')
  })

  it('covers log streams too [S20]', async () => {
    const answer = await cli(secure, '--cacert', certificate(), 'job', 'logs', 'j-unknown')
    expect(answer.stderr).toContain('job not found: j-unknown')
  })

  it('is 1.2 or newer [S20]', async () => {
    const spoken = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve) => {
        const range = { minVersion: version, maxVersion: version }
        const options = {
          port: secure.port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          ciphers: 'DEFAULT@SECLEVEL=0',
        }
        const socket = connect({ ...options, ...range }, () => {
          resolve(socket.getProtocol() ?? '')
          socket.destroy()
        })
        socket.on('error', () => resolve('refused'))
      })
    expect(await spoken('TLSv1.1')).toBe('refused')
    expect(await spoken('TLSv1.2')).toBe('TLSv1.2')
    expect(await spoken('TLSv1.3')).toBe('TLSv1.3')
  })

  it('keeps its certificate over a restart, and its key to itself; given files count before it [S20]', async () => {
    const key = join(secure.folder, 'orchestrator/api-key.pem')
    expect((await stat(key)).mode & 0o777).toBe(0o600)
    const before = await readFile(certificate(), 'utf8')
    await secure.restart()
    expect(await readFile(certificate(), 'utf8')).toBe(before)
    const given = await guardedNode({ API: { TLS: { CertFile: certificate(), KeyFile: key, SelfSigned: true } } })
    const { exit } = await cli(given, '--cacert', certificate(), 'agent', 'alive')
    await given.stop()
    expect(exit).toBe(0)
  })

  it('does not start with files that do not fit, or are none [S20]', async () => {
    const start = (TLS: object) => guardedNode({ API: { TLS } })
    const files = { CertFile: certificate(), KeyFile: join(home, 'nowhere.pem') }
    await expect(start(files)).rejects.toThrow(`there is no file ${files.KeyFile} for TLS`)
    const swapped = { CertFile: certificate(), KeyFile: certificate() }
    await expect(start(swapped)).rejects.toThrow('API.TLS.CertFile and API.TLS.KeyFile cannot be read')
    const other = await guardedNode({ API: { TLS: { SelfSigned: true } } })
    const strange = { CertFile: certificate(), KeyFile: join(other.folder, 'orchestrator/api-key.pem') }
    await expect(start(strange)).rejects.toThrow('API.TLS.CertFile and API.TLS.KeyFile do not belong together')
    await other.stop()
  })

  it('runs a job from submission to stop [S20]', async () => {
    const trusting = ['--cacert', certificate()]
    const submitted = await runCli({
      args: ['--api-host', `https://127.0.0.1:${secure.port}`, ...trusting, 'job', 'run', '--wait=false', '--id-only'],
      cwd: home,
      env: { PATH: process.env.PATH ?? '', HOME: home, BACALHAU_DIR: join(home, 'data') },
      stdin: JSON.stringify(waitingJob({ Name: 'over-tls' })),
      timeoutMs: limitMs,
    })
    expect(submitted.exit, submitted.stderr).toBe(0)
    const id = submitted.stdout.trim()
    expect((await cli(secure, ...trusting, 'job', 'stop', id)).exit).toBe(0)
  })
})
