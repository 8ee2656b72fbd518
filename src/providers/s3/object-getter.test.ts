import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { expect, it, onTestFinished } from 'vitest'
import { ObjectGetter, Refused } from './object-getter.ts'

const never = new AbortController().signal

/** Asks a store that answers so. */
async function getterOf(answer: RequestListener): Promise<ObjectGetter> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent()
  onTestFinished(async () => {
    await agent.destroy()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const signed = async (path: string) => ({ origin, path: `/base${path}`, headers: { authorization: 'signed' } })
  return new ObjectGetter({ dispatcher: async () => agent, signed })
}

it('gives a small object as it came, by the signed request with headers of its own', async () => {
  const getter = await getterOf(({ url, headers }, reply) => {
    reply.write(`${url} ${headers.authorization} `)
    reply.end(headers['if-match'])
  })
  const text = '/base/b/key signed "tag"'
  const content = await getter.whole('/b/key', { 'if-match': '"tag"' }, text.length, never)
  expect(Buffer.concat(content).toString()).toBe(text)
})

it.each([
  ['gives more', new Error('the object is larger'), 200, 'more than said'],
  ['gives less', new Error('the object is smaller'), 200, 'less'],
  ['refuses, and says so', new Refused('the store answered 403'), 403, 'nothing for you'],
])('takes nothing from a store that %s', async (_, error, status, body) => {
  const getter = await getterOf((_request, reply) => void reply.writeHead(status).end(body))
  await expect(getter.whole('/b/key', {}, 7, never)).rejects.toStrictEqual(error)
})

it('takes nothing from a line that breaks', async () => {
  const getter = await getterOf((_request, reply) => {
    reply.writeHead(200, { 'Content-Length': 7 }).write('some')
    setImmediate(() => reply.destroy())
  })
  await expect(getter.whole('/b/key', {}, 7, never)).rejects.toThrow()
})

it('is stopped in the middle, and lets the store go', async () => {
  const stopped = new AbortController()
  const gone = Promise.withResolvers<void>()
  const getter = await getterOf((_request, reply) => {
    reply.once('close', gone.resolve)
    reply.writeHead(200, { 'Content-Length': 7 }).write('some', () => stopped.abort(new Error('not wanted any more')))
  })
  await expect(getter.whole('/b/key', {}, 7, stopped.signal)).rejects.toThrow('not wanted any more')
  await gone.promise
})

it('is stopped while there is no line to the store yet', async () => {
  const agent = new Agent({ connect: () => {} })
  onTestFinished(() => agent.destroy())
  const signed = async (path: string) => ({ origin: 'http://127.0.0.1:1', path, headers: {} })
  const getter = new ObjectGetter({ dispatcher: async () => agent, signed })
  const stopped = new AbortController()
  const asked = getter.whole('/b/key', {}, 7, stopped.signal)
  setImmediate(() => stopped.abort(new Error('not wanted any more')))
  await expect(asked).rejects.toThrow('not wanted any more')
})
