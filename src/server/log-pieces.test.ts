import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import { afterLengths, asBytes, asText, finishedPieces, type LogPiece, lengthsOf, livePieces } from './log-pieces.ts'

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

async function textsOf(pieces: AsyncIterable<LogPiece>): Promise<Record<LogStream, string>> {
  const texts = { 1: '', 2: '' }
  for await (const { stream, text } of pieces) texts[stream] += text
  return texts
}

/** Any bytes, also what is no text, in pieces that end anywhere. */
const chunk = fc.record({
  stream: fc.constantFrom<LogStream>(1, 2),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom('\n', 'ä', '€\n', '🐟', '\uFEFF').map((text) => new TextEncoder().encode(text)),
  ),
})

it('a place in live output is the same place once the output is finished, whatever bytes it is of', async () => {
  const anywhere = fc.tuple(fc.array(chunk, { maxLength: 12 }), fc.nat(20), fc.constantFrom(asText, asBytes))
  await fc.assert(
    fc.asyncProperty(anywhere, async ([chunks, count, decoder]) => {
      const live = await Array.fromAsync(livePieces(each<LogChunk>(chunks), decoder))
      const seen = live.slice(0, count)
      const rest = await textsOf(
        afterLengths(
          finishedPieces(() => each<LogChunk>(chunks), decoder),
          await lengthsOf(each(seen)),
        ),
      )
      const [before, whole] = [await textsOf(each(seen)), await textsOf(each(live))]
      expect({ 1: before[1] + rest[1], 2: before[2] + rest[2] }).toEqual(whole)
    }),
  )
})

it('what was seen already is left out, within a piece too, and more than there is leaves nothing', async () => {
  const pieces: LogPiece[] = [
    { stream: 1, text: 'one\n' },
    { stream: 2, text: 'bad\n' },
    { stream: 1, text: 'two\n' },
  ]
  expect(await Array.fromAsync(afterLengths(each(pieces), { 1: 5, 2: 0 }))).toEqual([
    { stream: 2, text: 'bad\n' },
    { stream: 1, text: 'wo\n' },
  ])
  expect(await Array.fromAsync(afterLengths(each(pieces), { 1: 8, 2: 99 }))).toEqual([])
})

it('as bytes nothing of an output is lost, whatever it is of', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 12 }), async (chunks) => {
      const texts = await textsOf(livePieces(each<LogChunk>(chunks), asBytes))
      for (const stream of [1, 2] as const) {
        const printed = Buffer.concat(chunks.flatMap((each) => (each.stream === stream ? each.bytes : [])))
        expect(Buffer.from(texts[stream], 'latin1')).toEqual(printed)
      }
    }),
  )
})
