import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteLength, bytesOfText, textOfBytes } from './byte-text.ts'

describe('byte text', () => {
  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = textOfBytes(bytes)
        expect(bytesOfText(text)).toEqual(bytes)
        expect(byteLength(text)).toBe(bytes.length)
      }),
      { seed: 1 },
    )
  })

  it('keeps valid text and carries each invalid byte alone', () => {
    expect(textOfBytes(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9, 0xed, 0xa0, 0x80))).toBe('a\udcffé\udced\udca0\udc80')
  })

  it('has no bytes for other lone surrogates', () => {
    expect([...bytesOfText('\ud800')]).toEqual([0xef, 0xbf, 0xbd])
  })
})
