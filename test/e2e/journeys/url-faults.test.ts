import { afterAll, beforeAll, describe, it } from 'vitest'
import { withNginx } from '../../kit/nginx.ts'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { expectTold, type ToldFailure } from './told-failure.ts'

type Row = ToldFailure & {
  /** At nginx, unless it is a whole address. */
  at: string
  checksum?: string
  /** Of the task. */
  disk?: string
}

const status = (code: number, word: string): Pick<Row, 'at' | 'reason'> => ({
  at: `/status/${code}`,
  reason: `${code} ${word}`,
})
const rows: Record<string, Row> = {
  'a file that is not there': {
    at: '/files/nothing.txt',
    class: 'user',
    reason: '404 Not Found',
    hint: 'Check the URL',
  },
  'a server without TLS': { at: 'tls', class: 'transient', reason: '(s): TLS: wrong version number' },
  'a file that is no longer there': { ...status(410, 'Gone'), class: 'user' },
  'a server that forbids it': { ...status(403, 'Forbidden'), class: 'user' },
  'a server that wants a login': {
    at: '/login/words.txt',
    class: 'user',
    reason: '401 Unauthorized',
    hint: 'https://USER:PASSWORD@HOST',
  },
  'a server that is broken': { ...status(500, 'Internal Server Error'), class: 'transient' },
  'a server that is away behind its gate': { ...status(502, 'Bad Gateway'), class: 'transient' },
  'a server that has too much to do': { ...status(429, 'Too Many Requests'), class: 'transient' },
  'a server that says nothing': { at: 'silent', class: 'transient', reason: 'Timeout' },
  'an answer that stops in the middle': { at: 'stuck', class: 'transient', reason: 'Timeout' },
  'an answer that breaks off again and again': { at: 'half', class: 'transient', reason: 'failed to download' },
  'a port where nobody listens': { at: 'http://127.0.0.1:1/x', class: 'transient', reason: 'ECONNREFUSED' },
  'a name that is none': { at: 'http://nowhere.invalid/x', class: 'transient', reason: 'getaddrinfo' },
  'a redirect without an end': { at: '/loop', class: 'user', reason: 'redirects more than 10 times' },
  'a redirect to what is no web address': { at: '/nowhere', class: 'user', reason: 'which is no web address' },
  'a redirect to the cloud’s own address': {
    at: '/inside',
    class: 'node',
    reason: 'does not fetch from 169.254.169.254:80',
    hint: 'Compute.Fetch',
  },
  'another content than was asked for': {
    at: '/files/words.txt',
    checksum: '0'.repeat(64),
    class: 'user',
    reason: 'checksum mismatch for',
  },
  'an encoding that nobody asked for': { at: '/brotli/words.txt', class: 'user', reason: 'comes encoded as "br"' },
  'more than the task may take': {
    at: '/streamed/large.txt',
    class: 'resource',
    reason: 'is larger than the 1000000 bytes',
    hint: 'Ask for more disk',
    disk: '1MB',
  },
}

withNginx((nginx) => {
  let product: Product
  let server: Server
  let bad: WebServer

  beforeAll(async () => {
    nginx.file('words.txt', 'alpha\n')
    nginx.file('large.txt', 'x'.repeat(2_000_000))
    bad = await webServer((asked, reply) => {
      if (asked.url === '/silent') return
      reply.writeHead(200, { 'Content-Length': 1000 })
      if (asked.method === 'HEAD') return void reply.end()
      reply.write(asked.url === '/half' ? '' : 'x', () => {
        if (asked.url === '/half') reply.destroy()
      })
    })
    product = await Product.start()
    server = await product.serve({ settings: { 'InputSources.ReadTimeout': '3s', 'InputSources.MaxRetryCount': '1' } })
  })
  afterAll(async () => {
    await product?.stop()
    await bad?.close()
  })

  const urlOf = (at: string): string => {
    if (at === 'tls') return nginx.url('/files/words.txt').replace('http:', 'https:')
    return at.startsWith('/') ? nginx.url(at) : /:/.test(at) ? at : bad.url(`/${at}`)
  }

  describe('a job with an input from the web says what is wrong, whose fault it is and what helps', () => {
    it.concurrent.each(Object.entries(rows))('%s [R177]', async (_name, row) => {
      const Params = { URL: urlOf(row.at), ...(row.checksum && { ChecksumSHA256: row.checksum }) }
      const task = {
        InputSources: [{ Source: { Type: 'urlDownload', Params }, Target: '/in' }],
        ...(row.disk && { Resources: { Disk: row.disk } }),
      }
      const job = toolJob(['list', '/in'], { job: { Reschedule: { Attempts: 1 } }, task })
      await expectTold(server, await server.submit(job), row)
    })
  })
})
