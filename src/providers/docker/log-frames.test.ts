import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { LogFrames, type LogPiece } from './log-frames.ts'

const join = (pieces: LogPiece[], stream: number) =>
  Buffer.concat(pieces.filter((piece) => piece.stream === stream).map((piece) => Buffer.from(piece.bytes)))

describeVectors('docker-demux.json', (base64) => {
  const pieces = new LogFrames().push(Buffer.from(base64, 'base64'))
  const [stdout, stderr] = [join(pieces, 1), join(pieces, 2)]
  return {
    stderr: stderr.toString('base64'),
    stdout: stdout.toString('base64'),
    written: stdout.length + stderr.length,
  }
})

const frame = (kind: number, payload: Uint8Array) => {
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

describe('LogFrames', () => {
  it('gives the same bytes however the stream is cut', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 })), { maxLength: 10 })
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (parts, cuts) => {
        const whole = Buffer.concat(parts.map(([kind, payload]) => frame(kind, payload)))
        const reader = new LogFrames()
        const pieces: LogPiece[] = []
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const next = at + (cuts[turn % cuts.length] ?? 1)
          pieces.push(...reader.push(whole.subarray(at, next)))
          at = next
        }
        for (const kind of [1, 2]) {
          const wanted = Buffer.concat(parts.filter(([each]) => each === kind).map(([, payload]) => payload))
          expect(join(pieces, kind).equals(wanted)).toBe(true)
        }
      }),
    )
  })

  it('never holds more than a megabyte of one frame', () => {
    const payload = Buffer.alloc(3 * 1024 * 1024, 'x')
    const reader = new LogFrames()
    const whole = frame(2, payload)
    const first = reader.push(whole.subarray(0, 2_000_000))
    expect(join(first, 2).length).toBe(2_000_000 - 8)
    const rest = reader.push(Buffer.concat([whole.subarray(2_000_000), frame(1, Buffer.from('end'))]))
    expect(join([...first, ...rest], 2).equals(payload)).toBe(true)
    expect(join(rest, 1).toString()).toBe('end')
  })
})
