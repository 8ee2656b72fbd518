import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { addressGuard, defaultFetchGuard, type FetchGuardSettings } from '#providers/address-guard.ts'
import { checkedAddresses } from '#providers/checked-addresses.ts'
import { proxiesOf } from '#providers/url/proxies.ts'
import { defaultUrlSettings } from '#providers/url/settings.ts'
import { UrlStorage } from '#providers/url/storage.ts'
import { type ForwardProxy, forwardProxy } from '../kit/forward-proxy.ts'
import { loneShare } from '../kit/lone-share.ts'
import { ownCertificate } from '../kit/own-certificate.ts'
import { testParts } from '../kit/test-parts.ts'
import { type WebServer, webServer } from '../kit/web-server.ts'

const never = new AbortController().signal
/** What the node's own resolver knows; the proxy knows every name. */
const known: Record<string, string[]> = { 'public.test': ['192.0.2.1'], 'private.test': ['10.1.2.3'] }
const resolve = async (host: string): Promise<string[]> => {
  if (known[host]) return known[host]
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
}

describe('inputs from the web by a proxy', () => {
  const { started } = testParts()
  let directory: string
  let web: WebServer
  let proxy: ForwardProxy

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bacalhau-proxy-'))
    web = await webServer((asked, reply) => {
      if (asked.url === '/inside') return void reply.writeHead(302, { Location: 'http://169.254.169.254/x' }).end()
      reply.end(`for ${asked.headers.host}`)
    })
    started({ stop: web.close })
    proxy = started(await forwardProxy())
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  const prepare = async (
    URL: string,
    environment: Readonly<Record<string, string>> = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url },
    guard: Partial<FetchGuardSettings> = {},
    ownPorts: number[] = [],
  ): Promise<string> => {
    const refusalOf = addressGuard({ ...defaultFetchGuard, ...guard }, () => ownPorts)
    const storage = started(
      new UrlStorage(
        { ...defaultUrlSettings, retries: 0 },
        {
          clock: new SystemClock(),
          random: systemRandom,
          addressesOf: checkedAddresses(refusalOf, 'Compute.Fetch', resolve),
          proxyFor: proxiesOf(environment),
        },
      ),
    )
    const input = { Source: { Type: 'urlDownload', Params: { URL } }, Alias: '', Target: '/in' }
    const { hostPath } = await storage.prepare(input, { directory, share: loneShare, limitBytes: 1e9 }, never)
    const content = readFileSync(hostPath, 'utf8')
    rmSync(hostPath)
    return content
  }
  const at = (host: string, path = '/x') => `http://${host}:${web.port}${path}`

  it('come by what either spelling names, also from hosts that only the proxy knows [X18]', async () => {
    for (const name of ['HTTP_PROXY', 'http_proxy']) {
      expect(await prepare(at('public.test'), { [name]: proxy.url })).toBe(`for public.test:${web.port}`)
      expect(await prepare(at('unknown.test'), { [name]: proxy.url })).toBe(`for unknown.test:${web.port}`)
    }
    expect(proxy.asked).toEqual(['public', 'unknown', 'public', 'unknown'].map((name) => `GET ${at(`${name}.test`)}`))
    await expect(prepare(at('unknown.test'), {})).rejects.toThrow('ENOTFOUND')
  })

  it('go through a tunnel when they are secret: the proxy sees the name only', async () => {
    const secret = createServer(ownCertificate(['public.test']), (_, reply) => reply.end('x'))
    await new Promise<void>((done) => secret.listen(0, '127.0.0.1', done))
    started({ stop: () => new Promise((done) => secret.close(() => done())) })
    const { port } = secret.address() as AddressInfo
    await expect(prepare(`https://public.test:${port}/x`)).rejects.toThrow(/self-signed certificate/)
    expect(proxy.asked).toEqual([`CONNECT public.test:${port}`])
  })

  it('come directly where NO_PROXY says so, and from this machine [X18]', async () => {
    known['near.test'] = ['127.0.0.1']
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(await prepare(at('near.test'), { HTTP_PROXY: proxy.url, [name]: '.other.test,near.test' })).toContain(
        'near',
      )
    }
    expect(await prepare(at('127.0.0.1'))).toContain('127.0.0.1')
    expect(proxy.asked).toEqual([])
  })

  it('send the login of the proxy to it alone, and say when it wants one', async () => {
    const closed = started(await forwardProxy('me:secret'))
    expect(await prepare(at('public.test'), { HTTP_PROXY: closed.url })).toContain('public')
    const refused = prepare(at('public.test'), { HTTP_PROXY: closed.url.replace('me:secret@', '') })
    await expect(refused).rejects.toThrow(/407/)
  })

  it('are refused where they would be without a proxy, also behind a redirect', async () => {
    await expect(prepare('http://169.254.169.254/x')).rejects.toThrow('it belongs to the machine or the cloud')
    await expect(prepare(at('public.test', '/inside'))).rejects.toThrow('it belongs to the machine or the cloud')
    const closed = { allowPrivateAddresses: false }
    const env = { HTTP_PROXY: proxy.url }
    await expect(prepare(at('private.test'), env, closed)).rejects.toThrow('the node allows no private addresses')
    await expect(prepare(at('unknown.test'), env, closed)).rejects.toMatchObject({
      message: `this node does not fetch from unknown.test:${web.port}: only its proxy knows where that is`,
      hint: expect.stringContaining('Compute.Fetch'),
      details: { FailureClass: 'node' },
    })
    await expect(prepare(at('unknown.test'), env, {}, [web.port])).rejects.toThrow('only its proxy knows')
    expect(await prepare(at('public.test'), env, closed)).toContain('public')
    expect(proxy.asked).toEqual([`GET ${at('public.test', '/inside')}`, `GET ${at('public.test')}`])
    expect(readdirSync(directory)).toEqual([])
  })

  it('say that the proxy does not answer', async () => {
    await proxy.stop()
    await expect(prepare(at('public.test'))).rejects.toMatchObject({
      isRetryable: true,
      message: expect.stringContaining('failed to begin'),
    })
  })
})
