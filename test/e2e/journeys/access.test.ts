import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'

const key = 'a-key-of-twenty-characters'
const job = (Namespace: string) => JSON.stringify(toolJob(['print', 'said by a job', '', '0'], { job: { Namespace } }))

let product: Product
beforeAll(async () => {
  product = await Product.start()
})
afterAll(() => product?.stop())

describe('a server with users', () => {
  let server: Server
  let hash: string
  beforeAll(async () => {
    const open = await product.serve({ name: 'open' })
    hash = (await open.ok(['auth', 'hash-password'], { stdin: 'a good password\n' })).trim()
    const users = [
      { Username: 'ada', Password: hash, Capabilities: [{ Actions: ['read:job', 'write:job'], Namespaces: ['ada'] }] },
      { APIKey: key, Capabilities: [{ Actions: ['*'] }] },
    ]
    const file = await product.file('users.yaml', JSON.stringify({ API: { Auth: { Users: users } } }))
    server = await product.serve({ name: 'users', args: ['-c', file] })
  })

  it('runs the jobs of its users, shows each what is theirs, and nothing to others [S11, S16]', async () => {
    const ada = { BACALHAU_API_USERNAME: 'ada', BACALHAU_API_PASSWORD: 'a good password' }
    expect(await server.ok(['job', 'run', '--follow'], { stdin: job('ada'), env: ada })).toContain('said by a job')
    const elsewhere = await server.run(['job', 'run', '--wait=false'], { stdin: job('bob'), env: ada })
    expect(elsewhere.exit).toBe(1)
    expect(elsewhere.stderr).toContain('Request Forbidden')
    const root = { BACALHAU_API_KEY: key }
    const id = (await server.ok(['job', 'run', '--id-only', '--wait=false'], { stdin: job('bob'), env: root })).trim()
    const seen = await server.json<{ Namespace: string }[]>(['job', 'list'], { env: ada })
    expect(seen.map(({ Namespace }) => Namespace)).toEqual(['ada'])
    expect((await server.run(['job', 'describe', id], { env: ada })).exit).toBe(1)
    expect(await server.json<unknown[]>(['job', 'list'], { env: root })).toHaveLength(2)
    const nobody = await server.run(['node', 'list'])
    expect(nobody.exit).toBe(1)
    expect(nobody.stderr).toContain('Please login using username/password, API key, or thorugh SSO')
  })

  it('keeps what it knows of them out of its output and files for a shell [S12]', async () => {
    const said = server.said + (await readFile(join(server.dataFolder, 'bacalhau.run'), 'utf8'))
    expect(said).toContain('is ready at')
    for (const secret of [key, hash, 'a good password']) expect(said).not.toContain(secret)
  })
})

describe('a server with compiled policies', () => {
  it('asks, signs and decides as they say, in the executable too [S18, S24]', async () => {
    const policies = join(import.meta.dirname, '../../fixtures/policies')
    const Auth = {
      AccessPolicyPath: join(policies, 'access.wasm'),
      Methods: { animal: { Type: 'ask', PolicyPath: join(policies, 'login.wasm') } },
    }
    const server = await product.serve({
      name: 'policies',
      args: ['-c', await product.file('policies.yaml', JSON.stringify({ API: { Auth } }))],
    })
    expect((await server.run(['job', 'list'], { stdin: 'snake\n' })).exit).toBe(1)
    expect(await server.ok(['job', 'list', '--output', 'json'], { stdin: 'dog\n' })).toBe('[]\n\n')
  })
})

describe('a server with a certificate of its own', () => {
  it('is used by who sources what it writes for a shell; both spellings of its flags do it [S20]', async () => {
    for (const [name, args] of [
      ['flag', ['--self-signed']],
      ['setting', ['-c', 'API.TLS.SelfSigned=true']],
    ] as const) {
      const server = await product.serve({ name, args })
      const exports = await readFile(join(server.dataFolder, 'bacalhau.run'), 'utf8')
      const env = Object.fromEntries(
        [...exports.matchAll(/^export (\w+)=(.*)$/gm)].map(([, variable, value]) => [variable, value]),
      )
      expect(env).toMatchObject({
        BACALHAU_API_TLS: 'true',
        BACALHAU_API_CACERT: expect.stringMatching(/api-cert\.pem$/),
      })
      expect(await server.ok(['job', 'run', '--follow'], { stdin: job('default'), env })).toContain('said by a job')
      const plain = await server.run(['agent', 'alive'])
      expect(plain.exit).toBe(1)
    }
  })
})
