import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactJson, parseExact } from './exact.ts'
import { rawNumber } from './raw-number.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\u0001', 'n', 'r', 's', '5', '"', '\\') }),
)
const leaf = fc.oneof(
  text,
  fc.bigInt(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value')),
    fc.dictionary(fc.oneof(text, fc.constant('__proto__')), tie('value')),
  ),
}))

describe('stored JSON', () => {
  it('gives back exactly the value, whatever is in it', () => {
    fc.assert(
      fc.property(value, (stored) => {
        fc.pre(
          !JSON.stringify(stored, (_key, item) =>
            Object.is(item, -0) ? 'minus zero' : typeof item === 'bigint' ? 0 : item,
          )?.includes('minus zero'),
        )
        expect(parseExact(exactJson(stored))).toEqual(stored)
      }),
    )
  })

  it('keeps a key that ends with a quote, also after one that ends with a backslash', () => {
    for (const key of ['5\\', '5"', '5\n', '5\u0001', '\u0001b']) {
      const stored = [{ [key]: 1n }, { [key]: '"' }]
      expect(parseExact(exactJson(stored))).toEqual(stored)
    }
  })

  it('keeps the text of raw numbers', () => {
    const stored = { a: [rawNumber('1.50'), rawNumber('-0')], b: rawNumber('1e400') }
    expect(parseExact(exactJson(stored))).toEqual(stored)
  })

  it('does not change the value it is given', () => {
    const given = Object.freeze({ big: 1n, list: Object.freeze([2n, '\u0001']) })
    expect(exactJson(given)).toBe('{"big":"\\u0001n1","list":["\\u0001n2","\\u0001s\\u0001"]}')
  })
})
