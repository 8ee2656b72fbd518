import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GuardedNode, guardedNode } from '../../kit/guarded-node.ts'
import { halfSent } from '../../kit/raw-exchange.ts'
import { sendRaw } from './send.ts'

let node: GuardedNode
beforeAll(async () => {
  node = await guardedNode({})
})
afterAll(() => node.stop())

const head = 'PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

describe('callers who are slow, or many', () => {
  it('keep nobody else from being answered: a thousand connections that say half of something [R80]', async () => {
    const halves = [
      '',
      'GET /api',
      `${head}X: `,
      `${head}Content-Length: 900\r\n\r\n{"Job":`,
      `${head}Transfer-Encoding: chunked\r\n\r\nff\r\n{`,
    ]
    const held = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => halfSent(node.port, halves[index % halves.length] ?? '')),
    )
    try {
      for (let round = 0; round < 20; round++) {
        expect((await node.http.get('/agent/alive')).json).toEqual({ Status: 'OK' })
      }
    } finally {
      for (const socket of held) socket.destroy()
    }
    expect((await node.http.get('/agent/alive')).json).toEqual({ Status: 'OK' })
  })

  it('are told when the headers did not arrive in time, and let go [R80]', async () => {
    const { text } = await sendRaw(node.port, { bytes: Buffer.from(`${head}X: half a hea`), isWhole: true })
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toContain('the request did not arrive in time')
  })

  it('may send a byte at a time [R80]', async () => {
    const whole = 'GET /api/v1/agent/alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    const socket = await halfSent(node.port, whole[0] as string)
    let text = ''
    socket.on('data', (data) => (text += data))
    for (const byte of whole.slice(1)) await new Promise((sent) => socket.write(byte, sent))
    await new Promise((closed) => socket.on('close', closed))
    expect(text).toContain('{"Status":"OK"}')
  })
})
