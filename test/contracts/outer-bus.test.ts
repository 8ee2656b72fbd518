import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ClientBus, ClientDeps } from '#nats/client-bus.ts'
import type { ClientSettings } from '#nats/client-options.ts'
import { busClient } from '../kit/bus-client.ts'
import { NatsServer, withNatsServer } from '../kit/nats-server.ts'
import { relay } from '../kit/relay.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'

/** What a client makes of a NATS server that somebody else has set up, and of one that goes away. */
withNatsServer(() => {
  const parts: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const part of parts.splice(0).reverse()) await part.close()
  })

  const serverWith = async (config = ''): Promise<NatsServer> => {
    const server = await NatsServer.start(config)
    parts.push(server)
    return server
  }
  let said: string[] = []
  beforeEach(() => {
    said = []
  })
  const clientOf = async (
    server: NatsServer,
    change: Partial<ClientSettings> = {},
    deps: Partial<ClientDeps> = {},
  ): Promise<ClientBus> => {
    const log: ClientDeps['log'] = (event, { error }) => said.push(`${event} ${error ?? ''}`.trim())
    const bus = await busClient(server.port, change, { log, ...deps })
    parts.push(bus)
    return bus
  }
  const echo = (bus: ClientBus) =>
    bus.subscribe('echo', ({ payload, reply }) => {
      if (reply) bus.publish(reply, payload)
    })
  const ask = async (bus: ClientBus, limitMs = 50_000): Promise<string> =>
    Buffer.from(await bus.request('echo', Buffer.from('x'), limitMs)).toString('utf8')
  const untilAnswered = (bus: ClientBus): Promise<void> =>
    until('the echo answers', () =>
      ask(bus, 1_000).then(
        (answer) => answer === 'x',
        () => false,
      ),
    )

  it.each([
    ['a token', 'authorization { token: secret }', (port: number) => `nats://secret@127.0.0.1:${port}`],
    [
      'a user',
      'authorization { user: orch, password: "p@ss" }',
      (port: number) => `nats://orch:p%40ss@127.0.0.1:${port}`,
    ],
  ])('%s of its address lets a client in, and nobody without', async (_name, config, url) => {
    const server = await serverWith(config)
    const bus = await clientOf(server, { servers: [url(server.port)] })
    echo(bus)
    expect(await ask(bus)).toBe('x')
    await expect(clientOf(server)).rejects.toMatchObject({
      code: 'Unauthorized',
      message: 'nats: Authorization Violation',
    })
  })

  it('servers of a cluster that all refuse a client are not tried for ever, and reached again for as long as they are away', async () => {
    const cluster = (routes: string) => `authorization { token: secret }
      cluster { name: c, host: 127.0.0.1, port: -1, routes: [${routes}] }`
    const first = await serverWith(cluster(''))
    const second = await serverWith(cluster(`nats://127.0.0.1:${first.clusterPort}`))
    const urlOf = (port: number) => `nats://secret@127.0.0.1:${port}`
    const servers = [first, second].map(({ port }) => urlOf(port))
    const bus = await clientOf(first, { servers })
    echo(bus)
    await until('each server knows the other', () => first.said.includes('Route connection created'))
    for (const token of ['', 'wrong']) {
      await expect(clientOf(first, { servers: [first.url, second.url], token })).rejects.toMatchObject({
        code: 'Unauthorized',
        message: 'nats: Authorization Violation',
      })
    }
    for (let times = 0; times < 12; times++) {
      const [server, other] = times % 2 === 0 ? [first, second] : [second, first]
      await server.end('SIGKILL')
      await until('the other is asked', () =>
        ask(bus, 1_000).then(
          (answer) => answer === 'x',
          () => false,
        ),
      )
      await server.start(cluster(`nats://127.0.0.1:${other.clusterPort}`))
    }
  })

  it('a second server of the list is taken when the first is not there', async () => {
    const server = await serverWith()
    const bus = await clientOf(server, { servers: ['nats://127.0.0.1:1', server.url] })
    echo(bus)
    expect(await ask(bus)).toBe('x')
  })

  it('a server that is killed is reached again with what was subscribed, and both are told [R103]', async () => {
    const server = await serverWith()
    const bus = await clientOf(server)
    echo(bus)
    await server.end('SIGKILL')
    await until('it is noticed', () => said.includes('bus_lost'))
    await expect(ask(bus)).rejects.toMatchObject({ code: 'ServiceUnavailable', isRetryable: true })
    await server.start()
    await untilAnswered(bus)
    expect(said).toEqual(['bus_lost', 'bus_reached'])
  })

  it('a server that comes back with another token is told of, and tried until it lets in again', async () => {
    const server = await serverWith()
    const bus = await clientOf(server)
    echo(bus)
    await server.end('SIGKILL')
    await server.start('authorization { token: other }')
    await until('it is refused', () => bus.refusal !== '')
    await expect(ask(bus)).rejects.toThrow(/the broker cannot be reached: .*[Aa]uthorization [Vv]iolation/)
    await server.end('SIGKILL')
    await server.start()
    await untilAnswered(bus)
    expect(bus.refusal).toBe('')
  })

  it('what a server carries at most is known before it is sent, also after it was changed', async () => {
    const server = await serverWith('max_payload: 64KB')
    const bus = await clientOf(server)
    expect(bus.maxPayloadBytes).toBe(65_536)
    await server.end('SIGKILL')
    await server.start('max_payload: 8KB')
    echo(bus)
    await untilAnswered(bus)
    expect(() => bus.publish('echo', new Uint8Array(9_000))).toThrow('more than the bus carries (8192)')
  })

  it('a server that carries too little is not used', async () => {
    const server = await serverWith('max_payload: 1KB')
    await expect(clientOf(server)).rejects.toMatchObject({
      message: `nats://127.0.0.1:${server.port} carries 1024 bytes at once`,
      hint: expect.stringContaining('max_payload must be 4096 bytes'),
    })
  })

  it('a subject that the server does not allow is told of, and the rest goes on', async () => {
    const server = await serverWith(
      'authorization { users: [{ user: a, password: b, permissions: { subscribe: ["echo", "_INBOX.>"] } }] }',
    )
    const bus = await clientOf(server, { servers: [server.url.replace('//', '//a:b@')] })
    bus.subscribe('forbidden.>', () => {})
    echo(bus)
    expect(await ask(bus)).toBe('x')
    await until('it is told', () => said.length > 0)
    expect(said[0]).toMatch(/^bus_refused .*Permissions Violation for Subscription to "forbidden\.>"/)
  })

  it('a client whose line stands still is cut off by the server, comes back and goes on', async () => {
    const server = await serverWith('write_deadline: "1s"')
    const line = await relay(server.port)
    parts.push(line)
    const slow = await clientOf(server, { servers: [`nats://127.0.0.1:${line.port}`] })
    const other = await clientOf(server)
    slow.subscribe('flood', () => {})
    echo(slow)
    await untilAnswered(other)
    line.silence()
    for (let n = 0; n < 200; n++) other.publish('flood', new Uint8Array(500_000))
    await until('it is cut off', () => /Slow Consumer/.test(server.said))
    line.mend()
    await untilAnswered(other)
  })

  it('a client whose line leads nowhere makes another one soon after an answer stayed out', async () => {
    const clock = new StepClock()
    const server = await serverWith()
    const line = await relay(server.port)
    parts.push(line)
    const cutOff = await clientOf(server, { servers: [`nats://127.0.0.1:${line.port}`] }, { clock })
    echo(await clientOf(server))
    await untilAnswered(cutOff)
    line.silence()
    await expect(cutOff.request('echo', new Uint8Array(1), 50)).rejects.toMatchObject({ code: 'Timeout' })
    expect(said).toEqual([])
    clock.goTo(5_000)
    await until('it leaves that line', () => said.includes('bus_lost'))
    line.mend()
    await untilAnswered(cutOff)
    expect(clock.pending).toBe(0)
  })

  it('an orchestrator whose line leads nowhere makes another one, also when it asks nothing', async () => {
    const server = await serverWith()
    const line = await relay(server.port)
    parts.push(line)
    const servers = [`nats://127.0.0.1:${line.port}`]
    const bus = await clientOf(server, { servers, section: 'Orchestrator' })
    echo(bus)
    await untilAnswered(bus)
    line.silence()
    await until('it leaves that line', () => said.includes('bus_lost'), 25_000)
    line.mend()
    await untilAnswered(bus)
  })

  it('a client goes on over its line when only who it asked is silent', async () => {
    const clock = new StepClock()
    const server = await serverWith()
    const [asking, silent] = [await clientOf(server, {}, { clock }), await clientOf(server)]
    silent.subscribe('nobody', () => {})
    echo(silent)
    await untilAnswered(asking)
    await expect(asking.request('nobody', new Uint8Array(1), 50)).rejects.toMatchObject({ code: 'Timeout' })
    await until('the server has answered', () => clock.pending === 0)
    expect(said).toEqual([])
  })
})
