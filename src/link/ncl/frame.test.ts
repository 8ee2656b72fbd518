import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { goJson } from '#api/encode/go-json.ts'
import { BadFrame, decodeFrame, encodeFrame, metadataOf, seqOf, typeOf } from './frame.ts'

const frame = (payload: object, more: Record<string, string> = {}): Buffer =>
  encodeFrame({ ...metadataOf('AskForBid', 'orchestrator-n1', 7n), ...more }, goJson(payload))

describe('frames of Go nodes', () => {
  it('give back what was put in, with type, number and integers of any size', () => {
    const read = decodeFrame(frame({ Revision: 12345678901234567n, Text: '<&>' }, { 'Bacalhau-SeqNum': '42' }))
    expect(read.payload).toEqual({ Revision: 12345678901234567n, Text: '<&>' })
    expect([typeOf(read), seqOf(read)]).toEqual(['AskForBid', 42])
  })

  it('name their type under the short key too, and need no number', () => {
    const read = decodeFrame(encodeFrame({ Type: 'BidResult', 'Bacalhau-SeqNum': '-1' }, '{}'))
    expect([typeOf(read), seqOf(read)]).toEqual(['BidResult', undefined])
  })

  it.each([
    ['another version', Buffer.from('garbage'), 'unsupported encoding: 0x67'],
    ['nothing', Buffer.of(), 'unsupported encoding: 0x0'],
    ['no room for the checksum', Buffer.of(1, 2), 'too short'],
    ['a flipped bit', Buffer.concat([frame({}).subarray(0, -1), Buffer.of(0)]), 'CRC check failed'],
    ['a payload that is a list', encodeFrame({}, '[1]'), 'not an object'],
    ['no JSON', encodeFrame({}, '{'), 'failed to deserialize with encoding json'],
    ['metadata of numbers', encodeFrame({}, '{},"metadata":{"Type":1}'), 'is not text'],
  ])('are refused in the words of Go nodes when they hold %s', (_what, bytes, text) => {
    expect(() => decodeFrame(bytes)).toThrow(text)
    expect(() => decodeFrame(bytes)).toThrow(BadFrame)
  })

  it('of any bytes are read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeFrame(Uint8Array.from([1, ...bytes]))
        } catch (error) {
          expect(error).toBeInstanceOf(BadFrame)
        }
      }),
    )
  })
})
