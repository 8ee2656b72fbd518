import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { eachMember, hasEscapedKey, type JsonObject } from './members.ts'
import { parseJson } from './parse.ts'
import { isRawNumber, numberOfJson } from './raw-number.ts'
import { stringifyJson } from './stringify.ts'

describe('parseJson', () => {
  it('keeps 64-bit integers exactly', () => {
    const text = '{"a":9007199254740991,"b":9007199254740993,"c":18446744073709551615,"d":-9223372036854775808}'
    expect(parseJson(text)).toEqual({ a: 2 ** 53 - 1, b: 2n ** 53n + 1n, c: 2n ** 64n - 1n, d: -(2n ** 63n) })
    expect(stringifyJson(parseJson(text))).toBe(text)
  })

  it('says what is wrong in the words of Go and after how many bytes', () => {
    const mistake = (message: string, offset: number) =>
      expect.objectContaining({ code: 'BadRequest', message, cause: { kind: 'syntax', offset } })
    expect(() => parseJson('{"é":01}')).toThrow(mistake("invalid character '1' after object key:value pair", 8))
    expect(() => parseJson('[1,')).toThrow(mistake('unexpected end of JSON input', 3))
    expect(() => parseJson('é')).toThrow(mistake("invalid character 'Ã' looking for beginning of value", 1))
    expect(() => parseJson('{} x')).toThrow(mistake("invalid character 'x' after top-level value", 4))
  })

  it('reads long texts as it reads short ones where numbers need Go', () => {
    const read = (text: string) => (parseJson(`[12345678901234567890,${text}]`) as unknown[])[1]
    const long = 'é/+'.repeat(200)
    for (const text of ['', '"', '\\', '\n', '\ud83d\ude00', '\u2028'])
      expect(read(JSON.stringify(long + text))).toBe(long + text)
    expect(read(`"${long}\ud800"`)).toBe(`${long}\ufffd`)
    expect(() => read(`"${long}\n"`)).toThrow("invalid character '\\n' in string literal")
    expect(() => read(`"${long}\\x"`)).toThrow("invalid character 'x' in string escape code")
    expect(() => read(`"${long}`)).toThrow('unexpected end of JSON input')
  })

  it('ignores what follows the first value when told so', () => {
    expect(parseJson('{"a":1} trailing', { ignoresTrailing: true })).toEqual({ a: 1 })
  })

  it('refuses nesting that could not be written again', () => {
    expect(() => parseJson('['.repeat(1_001) + ']'.repeat(1_001))).toThrow("invalid character '[' exceeded max depth")
    const deepest = '['.repeat(1_000) + ']'.repeat(1_000)
    expect(stringifyJson(parseJson(deepest))).toBe(deepest)
    expect(stringifyJson(parseJson(`[${'[{}],'.repeat(2_000)}"]{"]`))).toHaveLength(10_006)
  })

  it('keeps numbers beyond any float as they are written', () => {
    expect(stringifyJson(parseJson('{"a":1e999,"b":[-1e400]}'))).toBe('{"a":1e999,"b":[-1e400]}')
  })

  it.each([
    '{"a":1,"b":"x","a":[2]}',
    '{"a" :1,"b":"x","a"\n:[2]}',
    '{"a":1,"b":"x","\\u0061":[2]}',
    '{"a":9007199254740993,"b":"x","a":[2]}',
  ])('remembers all values of equal keys in %s', (text) => {
    const value = parseJson(text) as JsonObject
    const members: unknown[] = []
    eachMember(value, (...member) => members.push(member))
    expect(value).toEqual({ a: [2], b: 'x' })
    expect(members.map((member) => (member as unknown[])[0])).toEqual(['a', 'b', 'a'])
    expect(members.at(-1)).toEqual(['a', [2], 2])
  })

  it('finds equal keys that end in a backslash', () => {
    const members: string[] = []
    eachMember(parseJson('{"a\\\\":1,"b":"{\\"c\\":2}","a\\\\":3}') as JsonObject, (key) => members.push(key))
    expect(members).toEqual(['a\\', 'b', 'a\\'])
  })

  it('replaces what is no text by U+FFFD', () => {
    expect(parseJson(Buffer.from([0x22, 0xe2, 0x82, 0x22]))).toBe('\ufffd\ufffd')
    expect(parseJson('"\\ud800x"')).toBe('\ufffdx')
  })

  it.each([
    ['"', '\\'],
    ['\\"', '\\\\'],
    ['\n"x', '\\n\\'],
  ])('reads a key that ends with %j after one that ends with %j', (end, earlierEnd) => {
    JSON.parse(JSON.stringify({ v4: 1, [`z${earlierEnd}`]: 2 }))
    const text = `{"v4" :"\\n:",${JSON.stringify(`z${end}`)}\n: 2}`
    expect(parseJson(text)).toEqual({ v4: '\n:', [`z${end}`]: 2 })
  })

  it('looks for escapes in keys in one pass, whatever is in the text', () => {
    for (const text of [`"${'\\n'.repeat(2_000_000)}"`, `"${'\\"'.repeat(2_000_000)}"`, '\\"'.repeat(2_000_000)])
      expect(hasEscapedKey(text)).toBe(false)
    expect(hasEscapedKey('{"a":"\\n:","b":[":\\\\",{"\\u0061" :1}]}')).toBe(true)
    expect(hasEscapedKey('{"a":"\\n:","b":[":\\\\",{"a" :1}]}')).toBe(false)
  })

  it('sets no prototype', () => {
    const value = parseJson('{"__proto__":{"a":9007199254740993}}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.keys(value as object)).toEqual(['__proto__'])
  })

  it('keeps the source text of numbers when told so', () => {
    const text = '{"Count":1.0,"Params":{"a":1.0,"b":[1e3,2,1.5],"c":-0},"List":[1E2,3]}'
    const value = parseJson(text, { keepsText: true }) as { Params: { a: unknown; b: unknown[] } }
    expect(stringifyJson(value)).toBe(text)
    expect(isRawNumber(value.Params.a)).toBe(true)
    expect(numberOfJson(value.Params.b[0])).toBe(1000)
  })

  it('agrees with JSON.parse on any value', () => {
    fc.assert(
      fc.property(fc.json(), fc.boolean(), (text, keepsText) => {
        const value = parseJson(text, { keepsText })
        expect(JSON.parse(stringifyJson(value))).toEqual(JSON.parse(text.toWellFormed()))
      }),
      { seed: 1 },
    )
  })
})

describe('stringifyJson', () => {
  it('writes bigints bare and can indent', () => {
    expect(stringifyJson({ a: [2n ** 63n], b: undefined }, { indent: 2 })).toBe(
      '{\n  "a": [\n    9223372036854775808\n  ]\n}',
    )
  })

  it('escapes HTML only when told so, line separators always', () => {
    expect(stringifyJson('<&>\u2028')).toBe('"<&>\\u2028"')
    expect(stringifyJson('<&>\u2028', { escapeHtml: true })).toBe('"\\u003c\\u0026\\u003e\\u2028"')
  })

  it('finds half a surrogate pair, not its spelling', () => {
    expect(stringifyJson(['\ud800', '\\ud800', '😀'])).toBe('["\\ufffd","\\\\ud800","😀"]')
  })

  it('takes numbers that JSON does not have for a bug', () => {
    expect(() => stringifyJson({ a: Number.NaN })).toThrow('JSON has no NaN')
  })
})

describeVectors('json-string.json', (text: string) => ({
  escaped: stringifyJson(text, { escapeHtml: true }),
  plain: stringifyJson(text),
}))

describeVectors('json-number.json', (bits: string) => {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(`0x${bits}`))
  return stringifyJson(view.getFloat64(0))
})
