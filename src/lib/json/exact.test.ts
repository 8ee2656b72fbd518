import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactJson, exactJsonWith, parseExact } from './exact.ts'
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

  it.each(['z"', 'z\n', 'z\u0001', 'z\u007f', 'z\ud800', 'z\\'])(
    'keeps the key %j also where there was one with a backslash at that place',
    (key) => {
      const stored: Record<string, number> = { v1: 1, v2: 2, v3: 3, [key]: 4 }
      const earlier: Record<string, number> = {}
      for (const name of ['v1', 'v2', 'v3', 'z\\']) earlier[name] = 1
      expect(earlier).not.toEqual(stored)
      expect(parseExact(exactJson(stored))).toEqual(stored)
    },
  )

  it.each([{}, { a: 1n }])('of the record %o takes in a member that is in words already', (record) => {
    const more = { '\u007f"': ['\u0001', 2n] }
    expect(parseExact(exactJsonWith(record, 'more', exactJson(more)))).toEqual({ ...record, more })
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
