import { describe, expect, it } from 'vitest'
import { formatFloat } from './strconv-float.ts'
import { atoi, parseBool, parseFloat, parseInt, parseUint } from './strconv-parse.ts'
import { canBackquote, quote, quoteRune, quoteToAscii } from './strconv-quote.ts'

describe('strconv', () => {
  it('quotes text as %q does', () => {
    expect(quote('a"b\\\n\u0000é\u200b☃\udcff')).toBe('"a\\"b\\\\\\n\\x00é\\u200b☃\\xff"')
    expect(quoteToAscii('é𝒳')).toBe('"\\u00e9\\U0001d4b3"')
    expect(quoteRune(0x27)).toBe("'\\''")
    expect(quoteRune(-1)).toBe("'�'")
    expect([canBackquote('a\tb'), canBackquote('a\nb'), canBackquote('`')]).toEqual([true, false, false])
  })

  it('reads integers of any base and says what is wrong', () => {
    expect(parseInt('-9223372036854775808')).toBe(-9223372036854775808n)
    expect(['0x1F', '0b11', '0o17', '017', '1_000', '0'].map((each) => parseInt(each, 0))).toEqual([
      31n,
      3n,
      15n,
      15n,
      1000n,
      0n,
    ])
    expect(() => parseInt('9223372036854775808')).toThrow(
      'strconv.ParseInt: parsing "9223372036854775808": value out of range',
    )
    expect(() => parseInt('1__0', 0)).toThrow('strconv.ParseInt: parsing "1__0": invalid syntax')
    expect(() => parseInt('1_0')).toThrow('invalid syntax')
    expect(() => parseInt('300', 10, 8)).toThrow('value out of range')
    expect(parseUint('18446744073709551615')).toBe(18446744073709551615n)
    expect(() => parseUint('-1')).toThrow('strconv.ParseUint: parsing "-1": invalid syntax')
    expect(() => atoi('x')).toThrow('strconv.Atoi: parsing "x": invalid syntax')
    expect(() => atoi('9'.repeat(100_000))).toThrow('value out of range')
  })

  it('reads booleans and floats', () => {
    expect([parseBool('T'), parseBool('0')]).toEqual([true, false])
    expect(() => parseBool('yes')).toThrow('strconv.ParseBool: parsing "yes": invalid syntax')
    expect(['.5', '1e3', '0x1.8p1', '-Inf', '1.', '0x_1p-2'].map(parseFloat)).toEqual([
      0.5,
      1000,
      3,
      -Infinity,
      1,
      0.25,
    ])
    expect(parseFloat('0x1p-1074')).toBe(5e-324)
    expect(() => parseFloat('1e400')).toThrow('strconv.ParseFloat: parsing "1e400": value out of range')
    for (const bad of ['', '.', '1_', '0x1', '1e', '+nan', ' 1'])
      expect(() => parseFloat(bad)).toThrow('invalid syntax')
  })

  it('writes floats as %g, %f and %e do', () => {
    expect([1e21, 1e6, 123456, 1234567, 0.0001, 0.00001, -0, 100].map((each) => formatFloat(each, 'g'))).toEqual([
      '1e+21',
      '1e+06',
      '123456',
      '1.234567e+06',
      '0.0001',
      '1e-05',
      '-0',
      '100',
    ])
    expect([0.5, 1.5, 2.5, 0.05].map((each) => formatFloat(each, 'f', 0))).toEqual(['0', '2', '2', '0'])
    expect(formatFloat(1e22, 'f', 2)).toBe('10000000000000000000000.00')
    expect(formatFloat(9.99, 'f', 1)).toBe('10.0')
    expect(formatFloat(0.000123456, 'e', 2)).toBe('1.23e-04')
    expect([formatFloat(100000, 'g', 3), formatFloat(123, 'g', 10), formatFloat(0.1, 'G', 20)]).toEqual([
      '1e+05',
      '123',
      '0.10000000000000000555',
    ])
    expect(formatFloat(0.1, 'g', -1, 32)).toBe('0.1')
    expect([Number.NaN, Infinity, -Infinity].map((each) => formatFloat(each, 'g'))).toEqual(['NaN', '+Inf', '-Inf'])
  })
})
