import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { GateRequest } from '#contracts/http-gate.ts'
import type { Fault } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { Gate } from '#providers/gate/gate.ts'
import { doorTo, type TestNet, testNet } from '../kit/gated.ts'
import { until } from '../kit/until.ts'

const never = new AbortController().signal
const ownPort = 1
const jobId = 'j-1' as JobId

describe('the gate of a program', () => {
  let net: TestNet
  let gate: Gate
  let door: { port: number; close(): Promise<void> }
  beforeAll(async () => {
    net = await testNet([ownPort])
  })
  afterAll(() => net.close())
  beforeEach(async () => {
    net.names.clear()
    for (const name of ['www.good.test', 'good.test', 'other.test']) net.names.set(name, [['127.0.0.1']])
    net.http.requests.length = 0
    net.https.requests.length = 0
    gate = new Gate(
      { jobId, domains: ['www.good.test', '.wide.test'] },
      { ...net, clock: new SystemClock(), ca: net.https.cert },
    )
    door = await doorTo((socket) => gate.serve(socket))
  })
  afterEach(async () => {
    gate.close()
    await door.close()
  })

  const dial = async (): Promise<Socket> => {
    const socket = connectTcp({ port: door.port, host: '127.0.0.1' })
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }
  /** All that comes back for these lines. */
  const say = async (...lines: string[]): Promise<string> => {
    const socket = await dial()
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    return text(socket)
  }
  const get = (url: string, ...headers: string[]) =>
    say(`GET ${url} HTTP/1.1`, `Host: ${/^http:\/\/([^/]*)/.exec(url)?.[1]}`, 'Connection: close', ...headers)
  const at = (host: string) => `http://${host}:${net.http.port}/x`
  /** An open tunnel, or the text of the refusal. */
  const tunnel = async (host: string, port: number): Promise<Socket | string> => {
    const socket = await dial()
    socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`)
    const [first] = (await once(socket, 'data')) as [Buffer]
    if (first.toString().startsWith('HTTP/1.1 200')) return socket
    return first.toString() + (await text(socket))
  }
  const opened = async (host: string, port: number): Promise<Socket> => {
    const socket = await tunnel(host, port)
    if (typeof socket === 'string') throw new Error(socket)
    return socket
  }
  const secured = async (host: string, servername: string): Promise<TLSSocket> => {
    const socket = connectTls({
      socket: await opened(host, net.https.port),
      servername,
      ca: net.https.cert,
      checkServerIdentity: () => undefined,
    })
    await once(socket, 'secureConnect')
    return socket
  }
  const refusal = (answer: string | Socket): [string, string] => {
    const [, status = '', reason = ''] =
      /^HTTP\/1\.1 (\d+)[^]*\r\n\r\nERROR: The requested URL could not be retrieved\n\n(.*)\n/.exec(String(answer)) ??
      []
    return [status, reason]
  }

  describe('of plain HTTP [R151, R154]', () => {
    it('lets a request through to a host of the list', async () => {
      const answer = await get(at('www.good.test'))
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
      expect(answer).toContain('"url":"/x"')
      expect(net.http.requests).toEqual(['GET /x'])
    })

    it('lets a dot in front stand for the domain and all below it [R152]', async () => {
      for (const host of ['wide.test', 'a.wide.test', 'b.a.WIDE.test']) {
        net.names.set(host.toLowerCase(), [['127.0.0.1']])
        expect(await get(at(host)), host).toMatch(/^HTTP\/1\.1 200 /)
      }
      expect(refusal(await get(at('notwide.test')))).toEqual(['403', 'notwide.test is none of the domains of the job'])
    })

    it('refuses every other host, with words that programs of this field know', async () => {
      for (const host of [
        'good.test',
        'x.www.good.test',
        'www.good.test.evil.test',
        '127.0.0.1',
        '[::1]',
        'localhost',
      ]) {
        expect(refusal(await get(at(host)))[0], host).toBe('403')
      }
      expect(net.http.requests).toEqual([])
    })

    it('refuses a Host header that is not the host of the URL, and any second one', async () => {
      for (const lie of [
        'Host: other.test',
        `Host: www.good.test:1`,
        `Host: www.good.test:${net.http.port}@other.test`,
      ]) {
        const answer = await say(`GET ${at('www.good.test')} HTTP/1.1`, lie, 'Connection: close')
        expect(refusal(answer)[1], lie).toContain('the Host header names another host')
      }
      expect(refusal(await get(at('www.good.test'), 'Host: other.test'))[0]).toBe('403')
      expect(net.http.requests).toEqual([])
    })

    it('puts the mark of the job on requests, and takes away what the program put there', async () => {
      const answer = await get(
        at('www.good.test'),
        'x-bacalhau-JOB-id: j-other',
        'Proxy-Authorization: secret',
        'X-A: b',
      )
      const { headers } = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1))
      expect(headers).toMatchObject({ 'x-bacalhau-job-id': jobId, 'x-a': 'b', host: `www.good.test:${net.http.port}` })
      expect(headers).not.toHaveProperty('proxy-authorization')
    })

    it('carries bodies both ways, of known length or in pieces', async () => {
      const url = at('www.good.test')
      const host = `Host: www.good.test:${net.http.port}`
      const known = await say(`POST ${url} HTTP/1.1`, host, 'Connection: close', 'Content-Length: 5', '', 'hello')
      expect(known).toContain('hello')
      const pieces = await say(
        `PUT ${url} HTTP/1.1`.replace('PUT', 'POST'),
        host,
        'Connection: close',
        'Transfer-Encoding: chunked',
        '',
        '3\r\nabc\r\n2\r\nde\r\n0',
      )
      expect(pieces).toMatch(/^HTTP\/1\.1 200 [^]*abcde/)
    })

    it('refuses a request that has its length in two ways, and one that names no URL', async () => {
      const url = at('www.good.test')
      const host = `Host: www.good.test:${net.http.port}`
      const double = await say(`POST ${url} HTTP/1.1`, host, 'Content-Length: 5', 'Transfer-Encoding: chunked', '', '0')
      expect(double).toMatch(/^HTTP\/1\.1 400 /)
      for (const target of ['/x', 'ftp://www.good.test/x', 'https://www.good.test/x', 'http://a@www.good.test/x']) {
        const answer = await say(`GET ${target} HTTP/1.1`, 'Host: www.good.test', 'Connection: close')
        expect(refusal(answer)[0], target).toBe('400')
      }
      expect(net.http.requests).toEqual([])
    })
  })

  describe('of tunnels', () => {
    it('carries TLS to the host it was opened for', async () => {
      const client = await secured('www.good.test', 'www.good.test')
      client.end('GET /y HTTP/1.1\r\nHost: www.good.test\r\nConnection: close\r\n\r\n')
      expect(await text(client)).toContain('secret')
      expect(net.https.requests).toEqual(['GET /y'])
    })

    it('refuses other hosts before anything is connected', async () => {
      expect(refusal(await tunnel('other.test', net.https.port))).toEqual([
        '403',
        'other.test is none of the domains of the job',
      ])
      expect(refusal(await tunnel('127.0.0.1', net.https.port))[0]).toBe('403')
    })

    it('ends a tunnel whose TLS greeting names another server, or none', async () => {
      for (const name of ['other.test', '']) {
        await expect(secured('www.good.test', name), name).rejects.toThrow(/alert|unrecognized/i)
      }
      await expect.poll(() => gate.traffic.refused).toBe(2)
      expect(gate.traffic.sentBytes).toBe(0)
    })

    it('looks at each request of a tunnel without TLS', async () => {
      const plain = async (host: string) => {
        const socket = await opened('www.good.test', net.http.port)
        socket.write(`GET /t HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
        return text(socket)
      }
      const answer = await plain(`www.good.test:${net.http.port}`)
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(answer).toContain(`"x-bacalhau-job-id":"${jobId}"`)
      expect(refusal(await plain('other.test'))[0]).toBe('403')
      expect(net.http.requests).toEqual(['GET /t'])
    })

    it('carries nothing that is neither TLS nor HTTP, and opens no tunnel in a tunnel', async () => {
      for (const words of [
        'SSH-2.0-x\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        `CONNECT www.good.test:443 HTTP/1.1\r\nHost: www.good.test:443\r\n\r\n`,
      ]) {
        const socket = await opened('www.good.test', net.http.port)
        socket.write(words)
        expect(await text(socket), words).toMatch(/^HTTP\/1\.1 400 /)
      }
      expect(gate.traffic.sentBytes).toBe(0)
    })
  })

  describe('of names and addresses [X16, S5]', () => {
    it('refuses a name that stands for an address of the machine, the cloud or a private network', async () => {
      for (const address of [
        '127.0.0.1',
        '169.254.169.254',
        '10.0.0.1',
        '192.168.1.1',
        '::1',
        '::ffff:10.0.0.1',
        'fd00::1',
      ]) {
        net.names.set('a.wide.test', [[address]])
        expect(refusal(await get('http://a.wide.test/x'))[0], address).toBe('403')
        expect(refusal(await tunnel('a.wide.test', 443))[0], address).toBe('403')
      }
      expect(net.http.requests).toEqual([])
    })

    it('connects to the address it looked at, whatever the name says next', async () => {
      net.names.set('a.wide.test', [['127.0.0.1'], ['169.254.169.254']])
      expect(await get(at('a.wide.test'))).toMatch(/^HTTP\/1\.1 200 /)
      expect(refusal(await get(at('a.wide.test')))[0]).toBe('403')
    })

    it('passes over addresses that may not be used', async () => {
      net.names.set('a.wide.test', [['169.254.169.254', '127.0.0.1']])
      expect(await get(at('a.wide.test'))).toMatch(/^HTTP\/1\.1 200 /)
    })

    it('never reaches the node’s own servers', async () => {
      net.names.set('a.wide.test', [['127.0.0.1']])
      expect(refusal(await get(`http://a.wide.test:${ownPort}/api/v1/orchestrator/jobs`))[1]).toContain(
        'a server of this node itself',
      )
    })

    it('says that a name is unknown or a server does not answer', async () => {
      expect(refusal(await get('http://no.wide.test/x'))[0]).toBe('502')
      await net.http.close()
      expect(refusal(await get(at('www.good.test')))[0]).toBe('502')
      await net.close()
      net = await testNet([ownPort])
    })
  })

  describe('of requests that the node makes for a program', () => {
    const ask = (url: string, more: Partial<GateRequest> = {}) =>
      gate.ask({ method: 'GET', url, headers: [], body: Buffer.alloc(0), limitBytes: 1e6, ...more }, never)
    const codeOf = (asked: Promise<unknown>) =>
      asked.then(
        () => 'allowed',
        (error: Fault) => error.code,
      )

    it('asks hosts of the list, over HTTP and HTTPS, with the mark of the job', async () => {
      const answer = await ask(at('www.good.test'), {
        headers: [
          ['X-A', 'b'],
          ['X-Bacalhau-Job-Id', 'j-other'],
          ['Host', 'other.test'],
        ],
      })
      expect(answer.status).toBe(200)
      expect(JSON.parse(answer.body.toString()).headers).toMatchObject({
        'x-a': 'b',
        'x-bacalhau-job-id': jobId,
        host: `www.good.test:${net.http.port}`,
      })
      const secure = await ask(`https://www.good.test:${net.https.port}/s`)
      expect([secure.status, secure.body.toString()]).toEqual([200, 'secret'])
      expect((await ask(at('www.good.test'), { method: 'POST', body: Buffer.from('sent') })).body.toString()).toBe(
        'sent',
      )
      expect(
        (await ask(at('www.good.test'), { method: 'POST', body: Buffer.from('sent'), limitBytes: 2 })).body.toString(),
      ).toBe('se')
    })

    it('refuses everything else, and looks again at each redirect', async () => {
      net.names.set('a.wide.test', [['169.254.169.254']])
      expect(await codeOf(ask(at('other.test')))).toBe('Forbidden')
      expect(await codeOf(ask(at('a.wide.test')))).toBe('Forbidden')
      expect(await codeOf(ask(at('127.0.0.1')))).toBe('Forbidden')
      expect(await codeOf(ask('ftp://www.good.test/'))).toBe('BadRequest')
      expect(await codeOf(ask('http://no.wide.test/'))).toBe('ServiceUnavailable')
      net.http.requests.length = 0
      const to = (target: string) => at('www.good.test').replace('/x', `/to?${encodeURIComponent(target)}`)
      expect((await ask(to(at('www.good.test')))).status).toBe(200)
      expect(await codeOf(ask(to(at('other.test'))))).toBe('Forbidden')
      expect(await codeOf(ask(to('http://169.254.169.254/')))).toBe('Forbidden')
      expect(net.http.requests.filter((each) => each === 'GET /x').length).toBe(1)
    })

    it('keeps to itself what was meant for another server, and gives up on a circle', async () => {
      net.names.set('a.wide.test', [['127.0.0.1']])
      const to = (target: string) => at('www.good.test').replace('/x', `/to?${encodeURIComponent(target)}`)
      const headers: GateRequest['headers'] = [
        ['Authorization', 'Basic x'],
        ['X-A', 'b'],
      ]
      const seen = async (target: string) => JSON.parse((await ask(to(target), { headers })).body.toString()).headers
      expect(await seen(at('www.good.test'))).toMatchObject({ authorization: 'Basic x', 'x-a': 'b' })
      expect(await seen(at('a.wide.test'))).not.toHaveProperty('authorization')
      net.http.requests.length = 0
      expect(await codeOf(ask(at('www.good.test').replace('/x', '/circle')))).toBe('ServiceUnavailable')
      expect(net.http.requests.length).toBe(11)
    })

    it('trusts no server whose certificate is not its own', async () => {
      net.names.set('a.wide.test', [['127.0.0.1']])
      expect(await codeOf(ask(`https://a.wide.test:${net.https.port}/s`))).toBe('ServiceUnavailable')
      expect(net.https.requests).toEqual([])
    })

    it('cannot be talked into a second request by its headers', async () => {
      const headers: GateRequest['headers'] = [
        ['X-A', 'b\r\n\r\nGET /smuggled HTTP/1.1'],
        ['X B: c\r\nY', 'd'],
        ['Transfer-Encoding', 'chunked'],
      ]
      expect((await ask(at('www.good.test'), { headers })).status).toBe(200)
      expect(net.http.requests).toEqual(['GET /x'])
    })

    it('ends with whoever asked for it', async () => {
      const stop = new AbortController()
      const asked = gate.ask(
        {
          method: 'GET',
          url: at('www.good.test').replace('/x', '/never'),
          headers: [],
          body: Buffer.alloc(0),
          limitBytes: 1,
        },
        stop.signal,
      )
      await until('it is asked', () => net.http.requests.length > 0)
      stop.abort(new Error('enough'))
      await expect(asked).rejects.toThrow('enough')
    })
  })

  it('counts requests, refusals and bytes', async () => {
    await get(at('www.good.test'))
    await get(at('other.test'))
    const client = await secured('www.good.test', 'www.good.test')
    client.end('GET /y HTTP/1.1\r\nHost: www.good.test\r\nConnection: close\r\n\r\n')
    await text(client)
    const { requests, refused, sentBytes, receivedBytes } = gate.traffic
    expect([requests, refused]).toEqual([2, 1])
    expect(sentBytes).toBeGreaterThan(400)
    expect(receivedBytes).toBeGreaterThan(400)
  })

  it('ends everything when it is closed, and takes nothing more', async () => {
    const client = await secured('www.good.test', 'www.good.test')
    client.on('error', () => {})
    gate.close()
    await until('the connection has ended', () => client.destroyed || client.readableEnded)
    const late = await dial()
    expect(await text(late)).toBe('')
  })

  it('leaves no connection to a server behind a program that has left, or after it is closed', async () => {
    const [reached, taken]: Socket[][] = [[], []]
    const server = await doorTo((socket) => void reached?.push(socket.resume()))
    const lookUp = Promise.withResolvers<string[]>()
    let lookUps = 0
    const addressesOf = () => {
      lookUps++
      return lookUp.promise
    }
    const order = { jobId, domains: ['www.good.test'] }
    const gates = [1, 2].map(() => new Gate(order, { addressesOf, clock: new SystemClock() }))
    const doors = await Promise.all(
      gates.map((each) =>
        doorTo((socket) => {
          taken?.push(socket)
          each.serve(socket)
        }),
      ),
    )
    const host = `www.good.test:${server.port}`
    const clients = doors.flatMap(({ port }) =>
      [`CONNECT ${host}`, `GET http://${host}/`].map((line) => {
        const client = connectTcp({ port, host: '127.0.0.1' })
        client.write(`${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
        return client.on('error', () => {})
      }),
    )
    await until('all are asked for', () => lookUps === 4)
    gates[0]?.close()
    for (const client of clients) client.resetAndDestroy()
    await until('all have left', () => taken?.every(({ destroyed }) => destroyed) ?? false)
    lookUp.resolve(['127.0.0.1'])
    await until('all were reached', () => reached?.length === 4)
    await until(
      'all are let go',
      () => reached?.every(({ readableEnded, destroyed }) => readableEnded || destroyed) ?? false,
    )
    await Promise.all([server, ...doors].map((each) => each.close()))
  })

  it('takes a bounded number of connections', async () => {
    const held = await Promise.all(Array.from({ length: 512 }, dial))
    await expect.poll(async () => text(await dial())).toBe('')
    for (const socket of held) socket.destroy()
    await expect.poll(() => get(at('www.good.test'))).toMatch(/^HTTP\/1\.1 200 /)
  })
})
