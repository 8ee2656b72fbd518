import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, nkeyAuthenticator } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newKeySeed, publicKeyOf } from '#nats/node-key.ts'
import type { RunningNode } from '#node/run-node.ts'
import { NatsServer, withNatsServer } from '../../kit/nats-server.ts'
import { startRole } from '../../kit/role-node.ts'
import { ask, endOf, serverAt, smallJob, submit } from '../../kit/served-node.ts'
import { until } from '../../kit/until.ts'
import { runCli } from '../cli-process.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/howto/secure-the-node-link.md'), 'utf8')
const config = /```nats\n([^`]*)```/.exec(page)?.[1] ?? ''
const passwordOf = (user: string): string => new RegExp(`user: ${user}, password: "([^"]*)"`).exec(config)?.[1] ?? ''

withNatsServer(() => {
  let home: string
  let server: NatsServer
  let orchestrator: RunningNode
  let node: RunningNode
  const said: string[] = []
  const urlOf = (user: string): string => `nats://${user}:${passwordOf(user)}@127.0.0.1:${server.port}`
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'bacalhau-rights-'))
    server = await NatsServer.start(config)
    orchestrator = await startRole({
      folder: join(home, 'orchestrator'),
      roles: { isOrchestrator: true, isCompute: false },
      pairs: { 'Orchestrator.Bus.Servers': urlOf('orchestrator') },
    })
    node = await startRole({
      folder: join(home, 'east'),
      roles: { isOrchestrator: false, isCompute: true },
      pairs: { Name: 'east', 'Compute.Orchestrators': urlOf('east') },
      level: 'warn',
      onLine: (line) => said.push(line),
    })
  }, 60_000)
  afterAll(async () => {
    await node?.stop()
    await orchestrator?.stop()
    await server?.close()
    await rm(home, { recursive: true, force: true })
  })

  describe('the rights that the documentation grants on NATS servers', () => {
    it('are enough for a node of ours to run a job and show its output [S10]', async () => {
      const api = serverAt(orchestrator.address.port)
      const connection = async () => (await ask(api, 'GET', '/orchestrator/nodes/east')).body.Node?.Connection
      await until('the node is there', async () => (await connection()) === 'CONNECTED')
      const { body } = await submit(api, smallJob('hello'))
      expect(await endOf(api, body.JobID)).toMatchObject({ StateType: 'Completed' })
      const { stdout } = await runCli({
        args: ['--api-host', '127.0.0.1', '--api-port', String(orchestrator.address.port), 'job', 'logs', body.JobID],
        cwd: home,
        env: { PATH: process.env.PATH ?? '', HOME: home },
        timeoutMs: 60_000,
      })
      expect(stdout.trim()).toBe('hello')
      expect(said.filter((line) => /Permissions Violation/.test(line))).toEqual([])
    })

    it.each([
      ['east', 'bacalhau.global.compute.west.out.msgs'],
      ['east', 'bacalhau.global.compute.east.in.msgs'],
      ['east', '_INBOX.orchestrator.guess.1'],
      ['go-node', 'bacalhau.global.compute.east.out.msgs'],
      ['go-node', '_INBOX.east.guess.1'],
      ['go-node', 'node.orchestrator.orch.other.OnRunComplete/v1'],
      ['go-node', 'node.orchestrator.orch.OnRunComplete/v1'],
    ])('do not let %s speak on %s [S10]', async (user, subject) => {
      const client = await connect({ servers: `127.0.0.1:${server.port}`, user, pass: passwordOf(user) })
      const refused = Promise.withResolvers<string>()
      void (async () => {
        for await (const status of client.status()) if (status.type === 'error') refused.resolve(status.error.message)
      })()
      client.publish(subject)
      expect(await refused.promise).toContain(`Permissions Violation for Publish to "${subject}"`)
      await client.close()
    })

    it.each([
      ['east', '_INBOX.>'],
      ['east', '_INBOX.orchestrator.>'],
      ['east', 'node.compute.*.>'],
      ['go-node', '_INBOX.*.*.*'],
      ['go-node', 'bacalhau.>'],
    ])('do not let %s listen on %s', async (user, subject) => {
      const client = await connect({ servers: `127.0.0.1:${server.port}`, user, pass: passwordOf(user) })
      const refused = Promise.withResolvers<string>()
      client.subscribe(subject, { callback: (error) => refused.resolve(String(error)) })
      expect(await refused.promise).toContain(`Permissions Violation for Subscription to "${subject}"`)
      await client.close()
    })
  })

  it('a NATS server knows a node by its key too', async () => {
    const keyOf = (seed: string) => nkeyAuthenticator(Buffer.from(seed))
    const seed = newKeySeed()
    const keyed = await NatsServer.start(`authorization { users: [{ nkey: ${publicKeyOf(seed)} }] }`)
    const servers = `127.0.0.1:${keyed.port}`
    await expect(connect({ servers, authenticator: keyOf(newKeySeed()) })).rejects.toThrow('Authorization')
    const client = await connect({ servers, authenticator: keyOf(seed) })
    await client.close()
    await keyed.close()
  })
})
