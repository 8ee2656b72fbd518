import fc from 'fast-check'
import { expect, it } from 'vitest'
import { goString } from './go-json.ts'

const plain = 'a'.repeat(1_000)

it('a long text is written as a short one is, whatever is in it', () => {
  for (const text of ['', '<b>&"\\', '\u2028\u2029', '\u0000\u001f\u007f', '\ud800', '\udc00é', '😀'])
    expect(goString(plain + text)).toBe(`"${plain}${goString(text).slice(1)}`)
  expect(goString(`${plain}<\ud800`)).toBe(`"${plain}\\u003c\ufffd"`)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(goString(plain + text)).toBe(`"${plain}${goString(text).slice(1)}`)
    }),
  )
})
