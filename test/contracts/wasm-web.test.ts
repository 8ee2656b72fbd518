import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { NetworkConfig } from '#models/task.ts'
import { SystemClock } from '#platform/clock.ts'
import { Gate } from '#providers/gate/gate.ts'
import { type TestNet, testNet } from '../kit/gated.ts'
import { until } from '../kit/until.ts'
import { wasmCommand } from '../kit/wasm-command.ts'
import { WasmEngineKit, wasmProgram } from '../kit/wasm-engine.ts'

const good = 'www.good.test'
const listed: NetworkConfig = { Type: 'HTTP', Domains: [good, '.wide.test'] }

/** HTTP of WASM programs, asked for through the host: the same list and checks as for containers. */
describe('the web of a WASM program', () => {
  let net: TestNet
  let kit: WasmEngineKit
  beforeAll(async () => {
    net = await testNet()
    const clock = new SystemClock()
    kit = new WasmEngineKit({ isDefaultNetworked: true }, wasmCommand, (order) => {
      return new Gate(order, { addressesOf: net.addressesOf, clock, ca: net.https.cert })
    })
  })
  afterAll(async () => {
    await kit.close()
    await net.close()
  })
  beforeEach(() => {
    net.names.clear()
    for (const name of [good, 'a.wide.test', 'other.test']) net.names.set(name, [['127.0.0.1']])
    net.http.requests.length = 0
  })

  const at = (host: string, path = '/x') => `http://${host}:${net.http.port}${path}`
  const start = (Parameters: string[], network = listed, more = {}) =>
    kit.start(wasmProgram('web', { Parameters, ...more }), { network, env: { URL: at(good) } })
  const run = async (Parameters: string[], network = listed, more = {}) => {
    const { exit, logs } = await start(Parameters, network, more)
    return { ...(await exit), out: logs.stdout }
  }
  const code = async (...args: Parameters<typeof run>) => (await run(...args)).out.split(' ')[0]

  it('asks with method, headers and body, and gets status, headers and body', async () => {
    const get = await run(['0', at(good), 'X-A: b\nX-C:d'])
    expect(get.out).toMatch(/^0 200 [1-9]\d* \{/)
    expect(JSON.parse(get.out.slice(get.out.indexOf('{')))).toMatchObject({
      url: '/x',
      headers: { 'x-a': 'b', 'x-c': 'd' },
    })
    expect((await run(['1', at(good), '', 'sent'])).out).toMatch(/ sent$/)
    expect((await run(['0', `https://${good}:${net.https.port}/`])).out).toMatch(/^0 200 \d+ secret$/)
    expect(net.http.requests).toEqual(['GET /x', 'POST /x'])
  })

  it('knows all methods, and takes others for GET', async () => {
    for (const method of ['0', '2', '3', '4', '5', '6', '7']) await run([method, at(good)])
    expect(net.http.requests.map((each) => each.split(' ')[0])).toEqual([
      ...['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'GET'],
    ])
  })

  it('is told that a host is not allowed, also behind a redirect or a name', async () => {
    net.names.set('a.wide.test', [['10.0.0.1']])
    for (const url of [
      at('other.test'),
      at('a.wide.test'),
      at('127.0.0.1'),
      at(good, `/to?${encodeURIComponent(at('other.test'))}`),
    ]) {
      expect(await code(['0', url]), url).toBe('4')
    }
    expect(net.http.requests.some((each) => each === 'GET /x')).toBe(false)
  })

  it('is told what else went wrong, by the codes of the interface', async () => {
    expect(await code(['0', 'no url'])).toBe('1')
    expect(await code(['0', 'http://no.wide.test/'])).toBe('2')
    const bad = async (what: string) => (await run(['bad', what])).out
    expect([await bad('url'), await bad('body'), await bad('null'), await bad('answer')]).toEqual([
      '1\n',
      '6\n',
      '6\n',
      '7\n',
    ])
  })

  it('gets as much of an answer as it has room for', async () => {
    expect((await run(['1', at(good), '', 'sent', '2'])).out).toMatch(/ se$/)
  })

  it('has none unless its network is one, and everything the node fetches from with that of the host', async () => {
    for (const Type of ['None', 'Bridge'] as const) expect(await code(['0', at(good)], { Type }), Type).toBe('4')
    for (const Type of ['Host', 'Full', 'Default'] as const)
      expect(await code(['0', at('other.test')], { Type }), Type).toBe('0')
    expect(await code(['0', at(good)], listed, { Deterministic: true }), 'what is the same each time asks nobody').toBe(
      '4',
    )
  })

  it('is counted', async () => {
    expect((await run(['0', at(good)])).traffic).toMatchObject({ requests: 1, refused: 0 })
    expect((await run(['0', at('other.test')])).traffic).toMatchObject({ requests: 0, refused: 1 })
    expect((await run(['0', at(good)], { Type: 'None' })).traffic).toBeUndefined()
  })

  it('ends with the program while it waits for an answer', async () => {
    const { program, exit } = await start(['0', at(good, '/never')])
    await until('it is asked', () => net.http.requests.length > 0)
    await program.stop(0)
    expect((await exit).exitCode).toBe(137)
  })
})
