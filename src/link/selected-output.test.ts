import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogChunk, LogSelection } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import { selectedOutput } from './selected-output.ts'

async function* each(chunks: readonly LogChunk[]): AsyncGenerator<LogChunk> {
  yield* chunks
}

/** Chunks as a node keeps them: with where each ends, one millisecond apart. */
function kept(pieces: readonly (readonly [LogStream, string])[]): LogChunk[] {
  const ends = { 1: 0, 2: 0 }
  return pieces.map(([stream, text], at) => {
    const bytes = Buffer.from(text)
    return { stream, bytes, end: (ends[stream] += bytes.length), timeMs: at }
  })
}

async function selected(chunks: readonly LogChunk[], selection: LogSelection): Promise<Record<LogStream, string>> {
  const parts: Record<LogStream, Buffer[]> = { 1: [], 2: [] }
  for await (const { stream, bytes } of selectedOutput(each(chunks), selection)) parts[stream].push(Buffer.from(bytes))
  return { 1: Buffer.concat(parts[1]).toString(), 2: Buffer.concat(parts[2]).toString() }
}

const lines = kept([
  [1, 'ok one\nbad t'],
  [2, 'bad err'],
  [1, 'wo\nok three\n'],
  [2, 'or\nfine'],
  [1, 'bad end'],
])

describe('what is wanted of an output [R19]', () => {
  it('is the lines that match, also those that came in parts and the last without its end', async () => {
    expect(await selected(lines, { grep: '^bad' })).toEqual({ 1: 'bad two\nbad end', 2: 'bad error\n' })
    expect(await selected(lines, { grep: 'e$' })).toEqual({ 1: 'ok one\nok three\n', 2: 'fine' })
    expect(await selected(lines, { grep: 'nothing' })).toEqual({ 1: '', 2: '' })
  })

  it('is what was written since a time', async () => {
    expect(await selected(lines, { sinceMs: 2 })).toEqual({ 1: 'wo\nok three\nbad end', 2: 'or\nfine' })
    expect(await selected(lines, { sinceMs: 5 })).toEqual({ 1: '', 2: '' })
  })

  it('is what follows what is known, within a piece too', async () => {
    expect(await selected(lines, { after: { 1: 3, 2: 7 } })).toEqual({
      1: 'one\nbad two\nok three\nbad end',
      2: 'or\nfine',
    })
    expect(await selected(lines, { after: { 1: 99, 2: 99 } })).toEqual({ 1: '', 2: '' })
  })

  it('goes on after any piece of it as if nothing had been between', async () => {
    const piece = fc.tuple(fc.constantFrom<LogStream>(1, 2), fc.stringMatching(/^[ab\n]{1,6}$/))
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 15 }), fc.nat(15), fc.boolean(), async (pieces, at, hasPattern) => {
        const selection = hasPattern ? { grep: 'ab' } : {}
        const chunks = kept(pieces)
        const first = (await Array.fromAsync(selectedOutput(each(chunks), selection))).slice(0, at)
        const after = { 1: 0, 2: 0 }
        const seen = { 1: '', 2: '' }
        for (const { stream, bytes, end = 0 } of first) {
          after[stream] = end
          seen[stream] += String(bytes)
        }
        const rest = await selected(chunks, { ...selection, after })
        expect({ 1: seen[1] + rest[1], 2: seen[2] + rest[2] }).toEqual(await selected(chunks, selection))
      }),
    )
  })

  it('is judged in parts where a line never ends, so that little is held back', async () => {
    const long = Array.from({ length: 400 }, () => [1, 'x'.repeat(1_000)] as const)
    const found = await Array.fromAsync(selectedOutput(each(kept(long)), { grep: 'x' }))
    expect(found.length).toBeGreaterThan(4)
    expect(found.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(400_000)
  })

  it('of a time cannot be told when the node does not keep times', async () => {
    const timeless = [{ stream: 1, bytes: Buffer.from('old\n') }] as const
    await expect(selected(timeless, { sinceMs: 0 })).rejects.toMatchObject({
      code: 'NotImplemented',
      hint: expect.stringContaining('without a time'),
    })
  })
})
