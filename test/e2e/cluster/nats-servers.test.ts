import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { attemptsOf, computeAt, frequent, untilNode, witnessJob } from '../../kit/fleet.ts'
import { NatsServer, withNatsServer } from '../../kit/nats-server.ts'
import { ownCertificate } from '../../kit/own-certificate.ts'
import { allowedFixtures, Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { completed, ended } from '../crash/processes.ts'

withNatsServer(() => {
  let product: Product
  let servers: NatsServer[]
  let witness: string
  beforeEach(async () => {
    product = await Product.start()
    servers = []
    witness = join(product.folder, 'witness')
    await mkdir(witness)
  })
  afterEach(async () => {
    await product?.stop()
    for (const server of servers) await server.close()
  })

  const natsServer = async (config = ''): Promise<NatsServer> => {
    const server = await NatsServer.start(config)
    servers.push(server)
    return server
  }
  const orchestratorAt = (
    urls: string,
    settings: Record<string, string> = {},
    name = 'orchestrator',
  ): Promise<Server> =>
    product.serve({
      roles: ['orchestrator'],
      name,
      settings: { ...frequent, 'Orchestrator.Bus.Servers': urls, ...settings },
    })
  const nodeAt = (urls: string, name: string, settings: Record<string, string> = {}): Promise<Server> => {
    const allowed = { 'Compute.AllowListedLocalPaths': `${witness}:rw,${allowedFixtures}` }
    return computeAt(product, 0, name, { settings: { ...allowed, 'Compute.Orchestrators': urls, ...settings } })
  }
  const begun = async (): Promise<string[]> =>
    (await readFile(join(witness, 'starts'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  const untilBegun = (count: number): Promise<void> =>
    until(`${count} programs have begun`, async () => (await begun()).length === count)

  /** As the documentation would have it: a user for the orchestrator, and one for each node with its rights only. */
  const documentedUsers = async (): Promise<string> => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/howto/secure-the-node-link.md'), 'utf8')
    return /```nats\n(.*?)```/s.exec(page)?.[1] ?? ''
  }

  it('a job is ordered, runs, is read and fetched over a server with TLS, the documented rights and a small message limit [R99, R187]', async () => {
    const { cert, key } = ownCertificate(['localhost'])
    const [certFile, keyFile] = [await product.file('cert.pem', cert), await product.file('key.pem', key)]
    const server = await natsServer(`
      max_payload: 32KB
      tls { cert_file: "${certFile}", key_file: "${keyFile}" }
      ${await documentedUsers()}`)
    const at = (login: string): string => `tls://${login}@localhost:${server.port}`
    const orchestrator = await orchestratorAt(at('orchestrator:change-me-1'), { 'Orchestrator.TLS.CACert': certFile })
    const east = await nodeAt(at('east:change-me-2'), 'east', { 'Compute.TLS.CACert': certFile })
    const content = randomBytes(150_000).toString('base64')
    const task = { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'out', Path: '/out' }] }
    const written = await orchestrator.submit(toolJob(['write', '/out/a', content], { task }))
    const printed = await orchestrator.submit(toolJob(['print', content, '', '0']))
    for (const id of [written, printed])
      expect((await ended(orchestrator.port, id)).Job.State).toMatchObject({ StateType: 'Completed' })
    expect((await orchestrator.ok(['job', 'logs', printed])).trim()).toBe(content)
    const into = (await orchestrator.ok(['job', 'get', written])).trim().split('\n').at(-1) ?? ''
    expect(await readFile(`${into}/out/a`, 'utf8')).toBe(content)
    expect(east.said + orchestrator.said).not.toMatch(/bus_refused|change-me/)
  })

  it('a job that runs while the server is killed and comes back ends once, and the node says what is missing [R103]', async () => {
    const server = await natsServer()
    const orchestrator = await orchestratorAt(server.url)
    await nodeAt(server.url, 'one')
    const id = await orchestrator.submit(witnessJob(witness, 1_500, { Count: 3 }))
    await untilBegun(3)
    await server.end('SIGKILL')
    const warnings = async () =>
      (await orchestrator.http<{ Warnings?: string[] }>('GET', '/agent/node')).body.Warnings ?? []
    await until('it is told', async () => (await warnings()).some((line) => line.startsWith('No NATS server')))
    await until('its log says so', () => /WRN bus_lost server=127\.0\.0\.1:\d+/.test(orchestrator.said))
    await server.start()
    expect((await ended(orchestrator.port, id)).Job.State.StateType).toBe('Completed')
    expect(await begun()).toHaveLength(3)
    expect(await attemptsOf(orchestrator, id)).toHaveLength(3)
    expect((await warnings()).filter((line) => line.includes('NATS'))).toEqual([])
    await until('its log says that too', () => orchestrator.said.includes('INF bus_reached'))
  })

  it('a job ends while either of two servers of a cluster is killed, and a node is killed too [R101, R103]', async () => {
    const config = (routes = '') => `cluster { name: c, listen: "127.0.0.1:-1"${routes} }`
    const first = await natsServer(config())
    const route = `, routes: ["nats://127.0.0.1:${first.clusterPort}"]`
    const second = await natsServer(config(route))
    const urls = `${first.url},${second.url}`
    const orchestrator = await orchestratorAt(urls, { 'Orchestrator.NodeManager.DisconnectTimeout': '4s' })
    const [one] = [await nodeAt(urls, 'one'), await nodeAt(urls, 'two')]
    for (const server of [second, first]) {
      const id = await orchestrator.submit(witnessJob(witness, 500, { Count: 4 }))
      await server.end('SIGKILL')
      expect((await ended(orchestrator.port, id)).Job.State.StateType).toBe('Completed')
      if (server === second) await second.start(config(route))
    }
    for (const name of ['one', 'two']) await untilNode(orchestrator, name, 'APPROVED CONNECTED')
    const id = await orchestrator.submit(witnessJob(witness, 3_000, { Count: 4 }))
    await one.stop('SIGKILL')
    expect((await ended(orchestrator.port, id)).Job.State.StateType).toBe('Completed')
    const results = (await attemptsOf(orchestrator, id)).filter((each) => each.ComputeState.StateType === completed)
    expect(results.map(({ PartitionIndex }) => PartitionIndex ?? 0).sort()).toEqual([0, 1, 2, 3])
  })

  it('orchestrators that start before their server say so; when it is there one serves the nodes, and the other one ends', async () => {
    const server = await natsServer()
    await server.end('SIGKILL')
    const rivals = [await orchestratorAt(server.url), await orchestratorAt(server.url, {}, 'rival')]
    for (const rival of rivals) {
      const { body } = await rival.http<{ Warnings: string[] }>('GET', '/agent/node')
      expect(body.Warnings).toContainEqual(expect.stringMatching(/^No NATS server .*connection refused/))
      expect(rival.said).toMatch(/WRN bus_unreachable error="cannot reach a NATS server at .*: connection refused/)
    }
    await nodeAt(server.url, 'one')
    await server.start()
    await until('one ends', () => rivals.some(({ exitCode }) => exitCode !== null))
    const [gone, ...others] = rivals.filter(({ exitCode }) => exitCode !== null)
    expect(others).toEqual([])
    expect(gone?.exitCode).toBe(1)
    expect(gone?.said).toMatch(/\nError: orchestrator \S+ is on these NATS servers already\nHint: Stop it, or give/)
    const left = rivals.find((rival) => rival !== gone) as Server
    // It may have greeted the other one first.
    await untilNode(left, 'one', 'APPROVED CONNECTED')
    const id = await left.submit(witnessJob(witness, 10))
    expect((await ended(left.port, id)).Job.State.StateType).toBe('Completed')
    expect(left.said).toContain('INF bus_reached')
  })

  it('a node knows soon that its orchestrator was restarted, however seldom it is heard of', async () => {
    const server = await natsServer()
    const seldom = { 'Compute.Heartbeat.Interval': '5m', 'Orchestrator.NodeManager.DisconnectTimeout': '10m' }
    const orchestrator = await orchestratorAt(server.url, seldom)
    await nodeAt(server.url, 'one', seldom)
    await untilNode(orchestrator, 'one', 'APPROVED CONNECTED')
    await orchestrator.stop('SIGKILL')
    await orchestrator.start()
    // Long before its next heartbeat.
    await untilNode(orchestrator, 'one', 'APPROVED CONNECTED')
  })

  describe('an orchestrator does not start, and says why', () => {
    /** One sentence on stderr, and a hint where the sentence does not say what is right; exit code 1. */
    const refusal = async (urls: string, ...args: string[]): Promise<string> => {
      const setting = ['-c', `Orchestrator.Bus.Servers=${urls}`, '-c', 'API.Port=0']
      const { code, stdout, stderr } = await product.run(['serve', '--orchestrator', ...setting, ...args])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^(\S+ WRN bus_refused .*\n)?Error: .+\n(Hint: .+\n)?$/)
      return stderr
    }

    it.each([
      ['it is no address', 'http://127.0.0.1', 'expects addresses like nats://host:4222, received: "http://127.0.0.1"'],
      [
        'logins differ',
        'nats://a:b@one,nats://a:c@two',
        'expects one login for all servers, received: "nats://********',
      ],
    ])('when %s', async (_what, urls, words) => {
      expect(await refusal(urls)).toContain(words)
    })

    it('when the server wants another login, or TLS', async () => {
      const { cert, key } = ownCertificate(['localhost'])
      const [certFile, keyFile] = [await product.file('cert.pem', cert), await product.file('key.pem', key)]
      const guarded = await natsServer('authorization { token: secret }')
      const safe = await natsServer(`tls { cert_file: "${certFile}", key_file: "${keyFile}" }`)
      const login = 'nats: Authorization Violation\nHint: Its login stands in Orchestrator.Bus.Servers'
      expect(await refusal(guarded.url)).toContain(login)
      expect(await refusal(guarded.url.replace('//', '//other@'))).toContain(login)
      expect(await refusal(safe.url)).toContain('certificate\nHint: Orchestrator.TLS.CACert names the authority')
      expect(await refusal(guarded.url.replace('nats:', 'tls:'))).toContain(
        "server does not support 'tls'\nHint: It speaks no TLS, which",
      )
    })

    it('when another orchestrator is on these servers, which goes on', async () => {
      const server = await natsServer()
      const orchestrator = await orchestratorAt(server.url)
      await nodeAt(server.url, 'one')
      expect(await refusal(server.url, '--data-dir', join(product.folder, 'other'))).toMatch(
        /orchestrator \S+ is on these NATS servers already\nHint: Stop it/,
      )
      const id = await orchestrator.submit(witnessJob(witness, 10))
      expect((await ended(orchestrator.port, id)).Job.State.StateType).toBe('Completed')
      await orchestrator.stop('SIGKILL')
      await orchestrator.start()
    })
  })
})
