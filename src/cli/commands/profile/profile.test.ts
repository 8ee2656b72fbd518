import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commandLine } from '../../../../test/kit/command-line.ts'

/** A server that says who asked. */
async function server(): Promise<{ port: number; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = []
  const http = createServer((request, response) => {
    asked.push(request.headers.authorization)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"Status":"OK"}')
  })
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void http.close())
  return { port: (http.address() as AddressInfo).port, asked }
}
const closed = '127.0.0.1:9'

describe('profiles', () => {
  it('are files that nobody else may read, and one of them is current', async () => {
    const { run, dataDir } = commandLine()
    const saved = await run([
      'profile',
      'save',
      'office',
      '--endpoint',
      'http://10.0.0.5:1234',
      '--insecure',
      '--select',
    ])
    expect(saved.stdout).toBe('Profile "office" saved\nSwitched to profile "office"\n\n')
    const file = join(dataDir, 'profiles/office.yaml')
    expect(readFileSync(file, 'utf8')).toBe('endpoint: http://10.0.0.5:1234\ntls:\n    insecure: true\n')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readlinkSync(join(dataDir, 'profiles/current'))).toBe('office.yaml')
  })

  it('are changed in what is given, and keep their token', async () => {
    const { run, dataDir } = commandLine()
    mkdirSync(join(dataDir, 'profiles'), { recursive: true })
    const file = join(dataDir, 'profiles/p.yaml')
    writeFileSync(file, '# from 1.9\nendpoint: a:1\nauth:\n    token: abcdefghijklmnop\n')
    await run(['profile', 'save', 'p', '--timeout', '2m'])
    expect(readFileSync(file, 'utf8')).toBe(
      '# from 1.9\nendpoint: a:1\nauth:\n    token: abcdefghijklmnop\ntimeout: 2m\n',
    )
    const shown = await run(['profile', 'show', 'p'])
    expect(shown.stdout).toContain('Auth:        abcd****mnop\n')
    expect((await run(['profile', 'show', 'p', '--show-token'])).stdout).toContain('abcdefghijklmnop')
    expect((await run(['profile', 'list', '--output', 'json'])).stdout).not.toContain('abcdef')
  })

  it.each(['a/b', '../up', '.hidden', ' ', 'a\\b', 'x\n'])('refuses the name %j', async (name) => {
    const { run, dataDir } = commandLine()
    const { code, stderr } = await run(['profile', 'save', name, '--endpoint', 'a:1'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/cannot be the name of a profile|cannot be empty/)
    expect(() => statSync(dataDir)).toThrow('ENOENT')
  })

  it('must have an address; one that a file lacks is told by name, and can be deleted', async () => {
    const { run, dataDir } = commandLine()
    for (const endpoint of ['http://', 'ftp://a', 'a b', '::1']) {
      const { code, stderr } = await run(['profile', 'save', 'p', '--endpoint', endpoint])
      expect([code, stderr]).toEqual([1, expect.stringContaining(`invalid endpoint "${endpoint}"`)])
    }
    mkdirSync(join(dataDir, 'profiles'), { recursive: true })
    writeFileSync(join(dataDir, 'profiles/broken.yaml'), 'timeout: 1s\n')
    expect((await run(['profile', 'list'])).stderr).toContain('profile "broken": invalid profile: endpoint is required')
    expect((await run(['profile', 'delete', 'broken'])).code).toBe(0)
    expect((await run(['profile', 'list'])).stdout).toBe('No profiles found\n\n')
  })

  it('are deleted after a question when current', async () => {
    const { run, dataDir } = commandLine()
    await run(['profile', 'save', 'p', '--endpoint', 'a:1', '--select'])
    const refused = await run(['profile', 'delete', 'p'], { stdin: 'n\n' })
    expect(refused.stdout).toContain('Delete anyway? [y/N]: Deletion cancelled')
    expect((await run(['profile', 'delete', 'p'], { stdin: 'y\n' })).stdout).toContain('Profile "p" deleted')
    expect(() => statSync(join(dataDir, 'profiles/p.yaml'))).toThrow('ENOENT')
    expect((await run(['profile', 'show'])).stderr).toContain('no current profile set')
  })
})

describe('which server a command talks to', () => {
  it('is the address given, else the profile asked for, else the current one, else this machine', async () => {
    const [one, two] = [await server(), await server()]
    const { run } = commandLine()
    await run(['profile', 'save', 'one', '--endpoint', `127.0.0.1:${one.port}`, '--select'])
    await run(['profile', 'save', 'two', '--endpoint', `http://127.0.0.1:${two.port}`])
    await run(['profile', 'save', 'none', '--endpoint', closed])
    const alive = async (...args: string[]) => (await run(['agent', 'alive', ...args])).code
    expect([await alive(), one.asked.length]).toEqual([0, 1])
    expect([await alive('--profile', 'two'), two.asked.length]).toEqual([0, 1])
    expect((await run(['agent', 'alive'], { env: { BACALHAU_PROFILE: 'two' } })).code).toBe(0)
    expect((await run(['agent', 'alive', '--profile=one'], { env: { BACALHAU_PROFILE: 'two' } })).code).toBe(0)
    expect([one.asked.length, two.asked.length]).toEqual([2, 2])
    expect(await alive('--profile', 'none')).toBe(1)
    const env = { BACALHAU_API_PORT: String(one.port) }
    const given = await run(['agent', 'alive', '--profile', 'none'], { env })
    expect(given).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('BACALHAU_API_PORT says where the server is'),
    })
    expect((await run(['agent', 'alive', '--profile', 'nope'], { env })).stderr).toContain('profile "nope" not found')
  })

  it('gets the token of its profile, or the one a release kept for it, and no other', async () => {
    const { port, asked } = await server()
    const { run, dataDir } = commandLine()
    mkdirSync(join(dataDir, 'profiles'), { recursive: true })
    writeFileSync(join(dataDir, 'profiles/p.yaml'), `endpoint: 127.0.0.1:${port}\nauth:\n    token: of-profile\n`)
    symlinkSync('p.yaml', join(dataDir, 'profiles/current'))
    const kept = { [`http://127.0.0.1:${port}`]: { Scheme: 'Bearer', Value: 'kept' }, 'http://else:1': 'other' }
    writeFileSync(join(dataDir, 'tokens.json'), JSON.stringify(kept))
    await run(['agent', 'alive'])
    await run(['agent', 'alive', '--api-host', '127.0.0.1', '--api-port', String(port)])
    await run(['agent', 'alive', '--api-host', 'localhost', '--api-port', String(port)])
    expect(asked).toEqual(['Bearer of-profile', 'Bearer kept', undefined])
  })
})
