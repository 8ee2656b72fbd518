import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BuiltProduct } from '../../kit/built-product.ts'
import { anyPorts, bothRoles, serveNode, smallJob, submit } from '../../kit/served-node.ts'
import { canMount, mountDisk, unmountDisk } from '../../kit/small-disk.ts'

let product: BuiltProduct
beforeEach(() => {
  product = new BuiltProduct()
})
afterEach(() => product.close())

/** These nodes have no Docker engine, and say so when they get that far. */
const noDocker = /^\S+ WRN engine_unavailable engine=docker .*\n/

/** Starts a node that cannot start: one sentence and a hint on stderr, exit code 1, no stack and nothing on stdout. */
async function refusal(args: readonly string[], folder = join(product.folder, 'data')): Promise<string> {
  const { code, stdout, stderr } = await product.run([...bothRoles, '--data-dir', folder, ...args])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr.replace(noDocker, '')).toMatch(/^Error: .+\nHint: .+\n$/)
  return stderr
}

describe('a node does not start, and says why', () => {
  it('on a data folder that another server uses, which goes on [R200, I1, W18]', async () => {
    const first = await serveNode(product)
    expect(await refusal(anyPorts)).toContain(`the database ${first.folder}/state.db is in use by another process`)
    expect((await submit(first, smallJob('one'))).status).toBe(200)
    expect(existsSync(join(first.folder, 'bacalhau.run'))).toBe(true)
  })

  it.each([
    ['both roles beside an orchestrator', ['--orchestrator'], ['--orchestrator', '--compute'], 'orchestrator/state.db'],
    ['both roles beside a compute node', ['--compute'], ['--orchestrator', '--compute'], 'compute/state.db'],
    ['an orchestrator beside both roles', ['--orchestrator', '--compute'], ['--orchestrator'], 'state.db'],
    ['a compute node beside both roles', ['--orchestrator', '--compute'], ['--compute'], 'state.db'],
  ])('on a data folder where a role would be there twice: %s [R200]', async (_what, roles, others, database) => {
    const folder = join(product.folder, 'data')
    const orchestrator = await serveNode(product, [], join(product.folder, 'far'))
    const link = ['--orchestrators', `nats://127.0.0.1:${orchestrator.linkPort}`]
    const common = [...anyPorts, '--data-dir', folder]
    const first = product.start(['serve', ...roles, ...(roles.length === 1 ? link : []), ...common])
    await first.says(/ready at/)
    const { code, stderr } = await product.run(['serve', ...others, ...(others.length === 1 ? link : []), ...common])
    expect(code).toBe(1)
    expect(stderr.replace(noDocker, '')).toMatch(/^Error: .+\nHint: .+\n$/)
    expect(stderr).toContain(`the database ${folder}/${database} is in use by another process`)
    expect(first.child.exitCode).toBe(null)
  })

  it('but an orchestrator and a compute node share a data folder', async () => {
    const folder = join(product.folder, 'data')
    const orchestrator = product.start(['serve', '--orchestrator', ...anyPorts, '--data-dir', folder])
    const [, port] = await orchestrator.says(/nats:\/\/[^:]+:(\d+)/)
    const link = ['--orchestrators', `nats://127.0.0.1:${port}`]
    const compute = product.start(['serve', '--compute', ...link, ...anyPorts, '--data-dir', folder])
    await compute.says(/ready at/)
    expect(orchestrator.child.exitCode).toBe(null)
  })

  it.each([
    ['API.Port', 'port', 'error starting node: listen tcp 127.0.0.1:'],
    ['Orchestrator.Port', 'linkPort', 'error creating node: failed to create NATS transport layer: port'],
    ['Publishers.Types.Local.Port', 'port', 'cannot serve results on port'],
  ] as const)('on a %s that is taken, and leaves no trace of having run', async (key, which, message) => {
    const first = await serveNode(product)
    const others = anyPorts.filter((each) => each !== `${key}=0`).flatMap((each) => (each === '-c' ? [] : ['-c', each]))
    const folder = join(product.folder, 'second')
    const said = await refusal([...others, '-c', `${key}=${first[which]}`], folder)
    expect(said).toContain(message)
    expect(said).toContain(String(first[which]))
    expect(existsSync(join(folder, 'bacalhau.run'))).toBe(false)
    const again = await serveNode(product, [], folder)
    await again.program.end()
  })

  it.each([
    ['an address that is not ours', ['--host', '192.0.2.1'], 'cannot listen on 192.0.2.1:0'],
    ['a host that is no address', ['--host', 'nonsense'], 'invalid address type in Server API Host config: nonsense'],
    [
      'a certificate that is not there',
      ['--tlscert', '/no.pem', '--tlskey', '/no.pem'],
      'there is no file /no.pem for TLS',
    ],
  ])('with %s', async (_what, args, message) => {
    expect(await refusal([...anyPorts, ...args])).toContain(message)
  })

  it('with a role nobody knows [R200]', async () => {
    const { code, stderr } = await product.run(['serve', '--node-type', 'worker', ...anyPorts])
    expect(code).toBe(1)
    expect(stderr).toBe('Error: invalid node type worker. Only compute and requester values are supported\n')
  })

  it('with a wrong token for the link', async () => {
    const orchestrator = await serveNode(product, ['-c', 'Orchestrator.Auth.Token=right'])
    const args = ['--orchestrators', `nats://127.0.0.1:${orchestrator.linkPort}`, '-c', 'Compute.Auth.Token=wrong']
    const { code, stderr } = await product.run(['serve', '--compute', ...args, ...anyPorts])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Error: error starting node: nats: Authorization Violation\nHint: .*Auth\.Token.*\n$/)
  })
})

describe('a node does not start on a data folder', () => {
  it('that is a file, or lies below one', async () => {
    writeFileSync(join(product.folder, 'file'), '')
    for (const folder of ['file', 'file/sub']) {
      expect(await refusal(anyPorts, join(product.folder, folder))).toContain(`${product.folder}/file`)
    }
  })

  it('where nothing can be made', async () => {
    expect(await refusal(anyPorts, '/proc/none')).toContain('cannot write to the data folder /proc/none')
  })

  it('whose database is damaged, and leaves it as it is', async () => {
    const node = await serveNode(product)
    await submit(node, smallJob('one'))
    await node.program.end()
    const file = join(node.folder, 'state.db')
    const damaged = readFileSync(file).fill('x', 0, 2000)
    writeFileSync(file, damaged)
    expect(await refusal(anyPorts)).toContain(`the database ${file} is damaged`)
    expect(readFileSync(file).equals(damaged)).toBe(true)
  })

  it('that a newer program has written, and leaves it as it is', async () => {
    const node = await serveNode(product)
    await node.program.end()
    const file = join(node.folder, 'state.db')
    const database = new DatabaseSync(file)
    database.exec("update meta set value = '999' where name = 'schema_version'")
    database.close()
    const before = readFileSync(file)
    expect(await refusal(anyPorts)).toMatch(/newer/)
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it.skipIf(!canMount).each([
    ['read-only', 'ro,size=1m', 'cannot write to the data folder'],
    ['full', 'size=4k', 'no space left in'],
  ])('on a disk that is %s', async (_what, options, message) => {
    const folder = join(product.folder, 'disk')
    mkdirSync(folder)
    mountDisk(folder, options)
    try {
      if (!options.includes('ro')) writeFileSync(join(folder, 'filler'), Buffer.alloc(4096))
      const before = readdirSync(folder)
      expect(await refusal(anyPorts, folder)).toContain(message)
      expect(readdirSync(folder)).toEqual(before)
    } finally {
      unmountDisk(folder)
    }
  })
})
