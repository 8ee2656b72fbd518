import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { upFrameLimitBytes } from '../protocol/frames.ts'
import { FrameReader } from './frame-reader.ts'

const frame = (kind: number, bytes: Uint8Array): Buffer => {
  const head = Buffer.alloc(5)
  head.writeUInt32LE(bytes.length, 0)
  head[4] = kind
  return Buffer.concat([head, bytes])
}

/** Frames as they come out, pieces joined. */
function read(chunks: Buffer[]): { kind: number; text: string }[] {
  const reader = new FrameReader()
  const frames: { kind: number; text: string }[] = []
  let open = ''
  for (const chunk of chunks) {
    reader.feed(chunk)
    for (let piece = reader.next(); piece; piece = reader.next()) {
      open += piece.bytes.toString('latin1')
      if (!piece.isEnd) continue
      frames.push({ kind: piece.kind, text: open })
      open = ''
    }
  }
  return frames
}

describe('the reader of frames', () => {
  it('gives the same frames however the bytes are cut', () => {
    const anyFrames = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.uint8Array({ maxLength: 40 })), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(anyFrames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
        let rest = Buffer.concat(sent.map(([kind, bytes]) => frame(kind, bytes)))
        const chunks: Buffer[] = []
        for (let n = 0; rest.length > 0; n++) {
          chunks.push(rest.subarray(0, cuts[n % cuts.length]))
          rest = rest.subarray(cuts[n % cuts.length])
        }
        const expected = sent.map(([kind, bytes]) => ({ kind, text: Buffer.from(bytes).toString('latin1') }))
        expect(read(chunks)).toEqual(expected)
      }),
    )
  })

  it('gives output as it arrives, before its frame is whole', () => {
    const reader = new FrameReader()
    reader.feed(frame(1, Buffer.from('hello')).subarray(0, 8))
    expect(reader.next()).toMatchObject({ kind: 1, isEnd: false })
    expect(reader.next()).toBeUndefined()
  })

  it('says so when it is no frame', () => {
    const reader = new FrameReader()
    const bytes = Buffer.alloc(5)
    bytes.writeUInt32LE(upFrameLimitBytes + 1, 0)
    reader.feed(bytes)
    expect(reader.next()).toBeNull()
  })
})
