import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LogStream } from '#contracts/log-sink.ts'
import { LastWords } from './last-words.ts'

it('the newest of what was printed is kept in its order, whatever the pieces it came in', () => {
  const piece = fc.tuple(fc.constantFrom<LogStream>(1, 2), fc.string({ maxLength: 12, unit: 'grapheme-ascii' }))
  fc.assert(
    fc.property(fc.array(piece), fc.integer({ min: 1, max: 16 }), (pieces, limit) => {
      const words = new LastWords(limit)
      for (const [stream, text] of pieces) words.add(stream, Buffer.from(text))
      const bytewise = (all: readonly (readonly [number, string])[]) =>
        all.flatMap(([stream, text]) => [...text].map((each) => `${stream}${each}`))
      const kept = words.chunks.map(({ stream, bytes }) => [stream, String(bytes)] as const)
      expect(bytewise(kept)).toEqual(bytewise(pieces).slice(-limit))
    }),
  )
})
