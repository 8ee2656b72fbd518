import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GoldenCluster, startGoldenCluster } from '../../kit/golden-cluster.ts'
import { plainHttp, waitingJob } from '../../kit/plain-http.ts'
import { until } from '../../kit/until.ts'

let cluster: GoldenCluster
let job: string
beforeAll(async () => {
  cluster = await startGoldenCluster()
  job = await submitted(waitingJob())
}, 60_000)
afterAll(() => cluster.stop())

const { get, submitted } = plainHttp(() => cluster.port)

type Upgraded = { socket: Socket; received: () => Buffer; closed: Promise<void> }

/** A connection after the handshake, on which anything may be said. */
async function upgraded(path: string, headers: readonly string[] = []): Promise<Upgraded> {
  const chunks: Buffer[] = []
  const socket = connect(cluster.port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('error', () => {}).on('data', (data: Buffer) => chunks.push(data))
  const head = [
    `GET /api/v1/orchestrator/jobs/${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    ...(headers.length > 0 ? headers : ['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`]),
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  const received = () => Buffer.concat(chunks)
  await until('the handshake is answered', () => received().includes('\r\n\r\n'))
  return { socket, received, closed }
}
const key = randomBytes(16).toString('base64')

/** Head of a frame as RFC 6455 lays it out, masked by zeros unless it is not to be masked. */
function frame(firstByte: number, announced: number, payload: Buffer, isMasked = true): Buffer {
  const mask = isMasked ? 0x80 : 0
  const length =
    announced < 126
      ? Buffer.from([mask | announced])
      : Buffer.from([mask | 127, ...new Uint8Array(new BigUint64Array([BigInt(announced)]).buffer).toReversed()])
  return Buffer.concat([Buffer.from([firstByte]), length, Buffer.alloc(isMasked ? 4 : 0), payload])
}
const text = 0x81

const abuses: [what: string, bytes: Buffer][] = [
  ['bytes that are no frames', Buffer.alloc(500, 0xff)],
  ['a frame without a mask', frame(text, 2, Buffer.from('ab'), false)],
  ['a frame with reserved bits', frame(text | 0x70, 2, Buffer.from('ab'))],
  ['an operation that does not exist', frame(0x83, 2, Buffer.from('ab'))],
  ['a frame larger than any that has a meaning', frame(text, 5_000, Buffer.alloc(5_000))],
  ['a frame that says it has eight exabytes', frame(text, Number.MAX_SAFE_INTEGER, Buffer.alloc(10))],
  [
    'a message of parts without an end',
    Buffer.concat([
      frame(0x01, 100, Buffer.alloc(100)),
      ...Array.from({ length: 50 }, () => frame(0x00, 100, Buffer.alloc(100))),
    ]),
  ],
  ['a part of nothing', frame(0x80, 2, Buffer.from('ab'))],
  ['text that is no UTF-8', frame(text, 2, Buffer.from([0xff, 0xfe]))],
  ['a ping that is too long', frame(0x89, 126, Buffer.alloc(126))],
  ['a close with half a code', frame(0x88, 1, Buffer.from([3]))],
  ['a close with a code that is none', frame(0x88, 2, Buffer.from([0, 1]))],
]

describe('a stream of logs whose reader misbehaves', () => {
  it.each(abuses)('is ended by the server after %s [R20]', async (_what, bytes) => {
    for (let round = 0; round < 5; round++) {
      const { socket, received, closed } = await upgraded(`${job}/logs?follow=true`)
      expect(received().toString()).toContain('101 Switching Protocols')
      socket.write(bytes)
      await closed
    }
    expect((await get('/agent/alive')).json).toEqual({ Status: 'OK' })
  })

  it('is not opened by a handshake that is wrong, and says so [R20]', async () => {
    const wrong = [
      ['Sec-WebSocket-Version: 13'],
      [`Sec-WebSocket-Key: ${key}`],
      ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: short'],
      ['Sec-WebSocket-Version: 99', `Sec-WebSocket-Key: ${key}`],
    ]
    for (const headers of wrong) {
      const { received, closed } = await upgraded(`${job}/logs`, headers)
      await closed
      expect(received().toString(), headers.join()).toMatch(/^HTTP\/1\.1 4\d\d [^]*\r\n\r\n.+/)
    }
  })

  it('says in its last frame what is wrong with a path or a query [R20]', async () => {
    const wrong: [path: string, sentence: string][] = [
      ['%ff%zz/logs', '"error":"malformed URL"'],
      ['constructor/logs', 'job not found: constructor'],
      [`${job}/logs?follow=maybe`, 'code=400'],
      [`${job}/logs?job_version=99`, 'version'],
      [`${job}/logs?job_version=99999999999`, 'code=400'],
    ]
    const frames = wrong.map(async ([path, sentence]) => {
      const { received, closed } = await upgraded(path)
      await closed
      expect(received().toString(), path).toContain(sentence)
    })
    await Promise.all(frames)
  })

  it('ends for each of three hundred readers, who go without a word or talk nonsense [R20]', async () => {
    for (let round = 0; round < 3; round++) {
      const open = await Promise.all(Array.from({ length: 100 }, () => upgraded(`${job}/logs?follow=true`)))
      const odd = open.map(({ socket, closed }, index) => {
        if (index % 2 === 0) socket.destroy()
        else socket.write(abuses[index % abuses.length]?.[1] ?? '')
        return closed
      })
      await Promise.all(odd)
    }
    expect((await get('/agent/alive')).json).toEqual({ Status: 'OK' })
  })
})
