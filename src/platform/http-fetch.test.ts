import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { httpFetch } from './http-fetch.ts'

let server: Server | undefined
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())))

const serving = (answer: RequestListener): Promise<string> =>
  new Promise((resolve) => {
    const own = createServer(answer)
    server = own
    own.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(own.address() as AddressInfo).port}`))
  })

it.each(['PUT', 'DELETE'])('sends %s, headers and body, and gives status, headers and text', async (method) => {
  const url = await serving((request, response) => {
    request.setEncoding('utf8')
    request.on('data', (text: string) =>
      response.writeHead(418, { ETag: 'x' }).end(`${request.method} ${request.headers['a-b']} ${text}`),
    )
  })
  const answer = await httpFetch(url, { method, headers: { 'A-B': 'c' }, body: 'é' })
  expect([answer.status, answer.ok, answer.headers.get('eTag'), answer.headers.get('none')]).toEqual([
    418,
    false,
    'x',
    null,
  ])
  expect(await answer.text()).toBe(`${method} c é`)
})

it('follows a redirect', async () => {
  const url = await serving((request, response) =>
    request.url === '/there' ? response.end('here') : response.writeHead(308, { Location: '/there' }).end(),
  )
  expect(await (await httpFetch(`${url}/`)).text()).toBe('here')
})

it('fails with the code of the system, with an answer that breaks off, and with the wish to stop', async () => {
  const url = await serving((request, response) => {
    if (request.url === '/half') response.writeHead(200, { 'Content-Length': '10' }).write('half')
    if (request.url === '/half') setImmediate(() => response.destroy())
  })
  await expect(httpFetch('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(httpFetch(`${url}/half`).then((answer) => answer.text())).rejects.toThrow('aborted')
  await expect(httpFetch(url, { signal: AbortSignal.timeout(20) })).rejects.toThrow()
})
