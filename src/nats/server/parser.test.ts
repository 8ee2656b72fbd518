import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxPayloadBytes } from '../payload-limit.ts'
import { ProtocolError } from './control-line.ts'
import { type Operation, Parser } from './parser.ts'

const token = fc.stringMatching(/^[A-Za-z0-9_$*>-]{1,12}$/)
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'))
const blank = fc.constantFrom(' ', '\t', '  ')

/** What a client may write, with what it means. */
const written: fc.Arbitrary<{ bytes: Buffer; operation: Operation }> = fc.oneof(
  fc
    .record({
      subject,
      reply: fc.option(subject, { nil: undefined }),
      payload: fc.uint8Array({ maxLength: 300 }),
      blank,
    })
    .map(({ subject, reply, payload, blank }) => ({
      bytes: Buffer.concat([
        Buffer.from(`${['PUB', subject, ...(reply ? [reply] : []), payload.length].join(blank)}\r\n`),
        payload,
        Buffer.from('\r\n'),
      ]),
      operation: { kind: 'publish', subject, reply, headerBytes: 0, payload: Buffer.from(payload) } as const,
    })),
  fc
    .record({ subject, head: fc.uint8Array({ maxLength: 90 }), body: fc.uint8Array({ maxLength: 90 }) })
    .map(({ subject, head, body }) => ({
      bytes: Buffer.concat([
        Buffer.from(`hpub ${subject} ${head.length} ${head.length + body.length}\r\n`),
        head,
        body,
        Buffer.from('\r\n'),
      ]),
      operation: {
        kind: 'publish',
        subject,
        reply: undefined,
        headerBytes: head.length,
        payload: Buffer.concat([head, body]),
      } as const,
    })),
  fc.record({ subject, queue: fc.option(token, { nil: undefined }), sid: fc.nat() }).map(({ subject, queue, sid }) => ({
    bytes: Buffer.from(`SUB ${subject} ${queue === undefined ? '' : `${queue} `}${sid}\r\n`),
    operation: { kind: 'subscribe', subject, queue, sid: String(sid) } as const,
  })),
  fc.constant({ bytes: Buffer.from('PING\r\n'), operation: { kind: 'ping' } as const }),
  fc.json().map((json) => ({
    bytes: Buffer.from(`CONNECT {"a":${json}}\r\n`),
    operation: { kind: 'connect', options: { a: JSON.parse(json) } } as const,
  })),
)

/** The bytes in pieces of these lengths, over and over. */
const pieces = function* (bytes: Buffer, lengths: readonly number[]): Iterable<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    yield bytes.subarray(at, at + length)
    at += length
  }
}
const cuts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 5 })

/** All that is read, and the error that ends it. */
const read = (bytes: Buffer, lengths: readonly number[]): unknown[] => {
  const parser = new Parser()
  parser.isTrusted = true
  const got: unknown[] = []
  try {
    for (const piece of pieces(bytes, lengths)) {
      parser.add(piece)
      for (let operation = parser.next(); operation; operation = parser.next()) got.push(operation)
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    got.push(error.message)
  }
  return got
}

describe('the parser of the broker', () => {
  it('reads what clients write, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 8 }), cuts, (each, lengths) => {
        const bytes = Buffer.concat(each.map(({ bytes }) => bytes))
        expect(read(bytes, lengths)).toEqual(each.map(({ operation }) => operation))
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it('reads any bytes alike however they are cut, and knows no other end than being told off', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('PUB ', 'SUB ', 'HPUB a 1 2', '\r\n', '\n', '-1', ' 5', '{}', 'CONNECT ')
        .map((text) => Buffer.from(text)),
      written.map(({ bytes }) => bytes),
    )
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 12 }), cuts, (parts, lengths) => {
        const bytes = Buffer.concat(parts)
        expect(read(bytes, lengths)).toEqual(read(bytes, [bytes.length + 1]))
      }),
      { seed: 2, numRuns: 2_000 },
    )
  })

  it.each([
    ['a payload that goes on after its length', 'PUB a 1\r\nxx\r\n', 'Unknown Protocol Operation'],
    ['a payload that is too large', `PUB a ${maxPayloadBytes + 1}\r\n`, 'Maximum Payload Violation'],
    ['more header than message', 'HPUB a 5 4\r\n', 'Unknown Protocol Operation'],
    ['a line without end', 'x'.repeat(5_000), 'Maximum Control Line Exceeded'],
  ])('refuses %s', (_name, text, reason) => {
    expect(read(Buffer.from(text), [7])).toEqual([reason])
  })

  it('keeps no payload of who was not let in', () => {
    const parser = new Parser()
    parser.add(Buffer.from('PUB a 1000000\r\n'))
    expect(() => parser.next()).toThrow('Authorization Violation')
  })

  it('takes a payload also in a million pieces', () => {
    const bytes = Buffer.concat([
      Buffer.from(`PUB a ${maxPayloadBytes}\r\n`),
      Buffer.alloc(maxPayloadBytes),
      Buffer.from('\r\n'),
    ])
    expect(read(bytes, [1])).toHaveLength(1)
  })
})
