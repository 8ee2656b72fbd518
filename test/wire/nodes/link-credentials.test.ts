import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RunningNode } from '#node/run-node.ts'
import { ownCertificate } from '../../kit/own-certificate.ts'
import { jsonType, plainHttp } from '../../kit/plain-http.ts'
import { startRole } from '../../kit/role-node.ts'
import { until } from '../../kit/until.ts'

let home: string
let orchestrator: RunningNode
const http = plainHttp(() => orchestrator.address.port)
const started: RunningNode[] = []

const own = ownCertificate(['127.0.0.1'])
const file = (name: string): string => join(home, name)
const orchestratorPairs = (more: Record<string, string> = {}) => ({ 'Orchestrator.Auth.Token': 'shared', ...more })
const startOrchestrator = (folder: string, pairs: Record<string, string>): Promise<RunningNode> =>
  startRole({ folder: file(folder), roles: { isOrchestrator: true, isCompute: false }, pairs, level: 'fatal' })

/** A compute node, and what it logs. */
const joinNode = async (folder: string, pairs: Record<string, string> = {}, port = orchestrator.linkPort) => {
  const said: string[] = []
  const node = await startRole({
    folder: file(folder),
    roles: { isOrchestrator: false, isCompute: true },
    pairs: {
      Name: 'east',
      'Compute.Orchestrators': `nats://127.0.0.1:${port}`,
      'Compute.Auth.Token': 'shared',
      'Compute.TLS.CACert': file('cert.pem'),
      ...pairs,
    },
    level: 'warn',
    onLine: (line) => said.push(line),
  })
  started.push(node)
  return { node, said }
}
const stop = async (node: RunningNode): Promise<void> => {
  started.splice(started.indexOf(node), 1)
  await node.stop()
}
const statusOf = async (name: string): Promise<string> =>
  (await http.get(`/orchestrator/nodes/${name}`)).json?.Node?.ConnectionState?.Status ?? 'UNKNOWN'
const remove = (name: string) =>
  http.ask('PUT', `/orchestrator/nodes/${name}`, JSON.stringify({ Action: 'delete', NodeID: name }), jsonType)
const connected = (name: string) => until(`${name} joins`, async () => (await statusOf(name)) === 'CONNECTED')

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bacalhau-credentials-'))
  await writeFile(file('cert.pem'), own.cert)
  await writeFile(file('key.pem'), own.key)
  const TLS = { 'Orchestrator.TLS.ServerCert': file('cert.pem'), 'Orchestrator.TLS.ServerKey': file('key.pem') }
  orchestrator = await startOrchestrator('orchestrator', orchestratorPairs(TLS))
})
afterEach(async () => {
  for (const node of started.splice(0)) await node.stop()
  await remove('east')
})
afterAll(async () => {
  await orchestrator.stop()
  await rm(home, { recursive: true, force: true })
})

describe('a node of ours over TLS', () => {
  it('is told to come by TLS', () => {
    expect(orchestrator.linkAddresses).toEqual([`tls://127.0.0.1:${orchestrator.linkPort}`])
  })

  it('comes back by its key, and nobody else comes under its name until it is deleted [S10]', async () => {
    const first = await joinNode('first')
    await connected('east')
    await stop(first.node)
    await expect(joinNode('second')).rejects.toMatchObject({
      message: expect.stringContaining('another machine uses the node name east'),
      hint: expect.stringContaining('bacalhau node delete'),
    })
    const again = await joinNode('first')
    await connected('east')
    await stop(again.node)
    await remove('east')
    await joinNode('second')
    await connected('east')
  })

  it('is refused when its data folder is a copy of that of another that runs [S10]', async () => {
    const { node } = await joinNode('original')
    await connected('east')
    await stop(node)
    await cp(file('original'), file('copy'), { recursive: true })
    await joinNode('original')
    await connected('east')
    await expect(joinNode('copy')).rejects.toMatchObject({ hint: expect.stringContaining('copied') })
    expect(await statusOf('east')).toBe('CONNECTED')
  })

  it('says what is wrong when it does not trust the certificate', async () => {
    const { said } = await joinNode('distrusting', { 'Compute.TLS.CACert': '' })
    await until('it is said', () => said.some((line) => /self-signed certificate/.test(line)))
    expect(await statusOf('east')).toBe('UNKNOWN')
  })

  it.each([
    ['none.pem', 'there is no file'],
    ['key.pem', 'there is no certificate in'],
    ['.', 'cannot read'],
  ])('does not start with %s for the authority that it trusts', async (name, words) => {
    const start = joinNode('misled', { 'Compute.TLS.CACert': file(name) })
    await expect(start).rejects.toMatchObject({
      message: expect.stringContaining(words),
      hint: expect.stringContaining('Compute.TLS.CACert names a PEM file'),
    })
  })
})

describe('a node that demands TLS', () => {
  it('does not speak with an orchestrator in clear', async () => {
    const open = await startOrchestrator('open', orchestratorPairs())
    started.push(open)
    const pairs = { 'Compute.TLS.CACert': '', 'Compute.TLS.RequireTLS': 'true' }
    const { said } = await joinNode('demanding', pairs, open.linkPort)
    await until('it is said', () => said.some((line) => /server does not support 'tls'/.test(line)))
  })
})

describe('an orchestrator', () => {
  it('does not start with half of a certificate, or with a key of another one', async () => {
    const start = (ServerCert: string, ServerKey: string) =>
      startOrchestrator('half', { 'Orchestrator.TLS.ServerCert': ServerCert, 'Orchestrator.TLS.ServerKey': ServerKey })
    await writeFile(file('other.pem'), ownCertificate(['127.0.0.1']).key)
    await expect(start(file('cert.pem'), '')).rejects.toThrow('must be set together')
    await expect(start(file('cert.pem'), file('other.pem'))).rejects.toThrow('do not belong together')
    await expect(start(file('cert.pem'), file('none.pem'))).rejects.toThrow('there is no file')
  })

  it('does not start without the authority of its NATS servers', async () => {
    const servers = { 'Orchestrator.Bus.Servers': 'nats://127.0.0.1:1', 'Orchestrator.TLS.CACert': file('none.pem') }
    await expect(startOrchestrator('led', servers)).rejects.toThrow('there is no file')
  })
})
