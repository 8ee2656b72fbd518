import { describe, expect, it } from 'vitest'
import { sprintf } from './fmt.ts'
import { sprint, sprintln } from './fmt-print.ts'
import { compareGoStrings, type GoValue, goBool, goInt, goString } from './fmt-value.ts'
import { unquote, unquoteChar } from './strconv-unquote.ts'

const float = (number: number): GoValue => ({ kind: 'float64', number })
const map: GoValue = {
  kind: 'map',
  entries: new Map([
    ['b', '2'],
    ['a', '1'],
  ]),
}

describe('fmt', () => {
  it.each<[string, GoValue[], string]>([
    [
      '%s|%5s|%-5s|%.2s|%q|%x|% X',
      ['ab', 'é', 'a', 'abc', 'a"', 'hi', 'hi'].map(goString),
      'ab|    é|a    |ab|"a\\""|6869|68 69',
    ],
    [
      '%d|%5d|%-5d|%05d|%+d|%x|%#x|%o|%b|%c|%U',
      [42, 42, 42, -42, 42, 255, 255, 8, 5, 65, 0x263a].map(goInt),
      '42|   42|42   |-0042|+42|ff|0xff|10|101|A|U+263A',
    ],
    [
      '%v|%.2f|%8.3f|%e|%g|%+v',
      [1e21, 2.71, 2.5, 1234.5678, 0.0001, 1].map(float),
      '1e+21|2.71|   2.500|1.234568e+03|0.0001|1',
    ],
    [
      '%v %q %d',
      [map, map, map],
      'map[a:1 b:2] map["a":"1" "b":"2"] map[%!d(string=a):%!d(string=1) %!d(string=b):%!d(string=2)]',
    ],
    ['%t %v %T %T', [goBool(true), null, goInt(1), map], 'true <nil> int map[string]string'],
    ['%*d|%-*d|%.*f', [goInt(4), goInt(1), goInt(3), goInt(2), goInt(1), float(0.25)], '   1|2  |0.2'],
    ['%[2]d %[1]d', [goInt(1), goInt(2)], '2 1'],
    ['100%% %', [], '100% %!(NOVERB)'],
    ['%d', [goString('x')], '%!d(string=x)'],
    ['%d %s', [goInt(1)], '1 %!s(MISSING)'],
    ['%d', [goInt(1), goString('x'), null], '1%!(EXTRA string=x, <nil>)'],
    ['%[5]d %[x]d', [goInt(1)], '%!d(BADINDEX) %!d(BADINDEX)'],
  ])('prints %j', (format, values, expected) => {
    expect(sprintf(format, values)).toBe(expected)
  })

  it('puts blanks between what is no text', () => {
    expect(sprint(goInt(1), goInt(2), goString('a'), goInt(3), null)).toBe('1 2a3 <nil>')
    expect(sprintln(goString('a'), goInt(1))).toBe('a 1\n')
  })

  it('refuses to print without measure', () => {
    expect(() =>
      sprintf(
        '%999999d'.repeat(20),
        Array.from({ length: 20 }, () => goInt(1)),
      ),
    ).toThrow('is longer than')
  })

  it('orders texts by their bytes', () => {
    expect(['\u{1f600}', '\uffee', 'b', 'a', ''].toSorted(compareGoStrings)).toEqual([
      '',
      'a',
      'b',
      '\uffee',
      '\u{1f600}',
    ])
  })

  it('reads literals', () => {
    expect(unquote('"a\\n\\x41\\u00e9\\xff\\"\\101"')).toBe('a\nAé\udcff"A')
    expect(unquote('`a\\n\r`')).toBe('a\\n')
    expect(unquoteChar("\\''", "'")).toMatchObject({ code: 39, tail: "'" })
    for (const bad of ['"a', '"\\q"', '"\\u12"', '"\\ud800"', '"\\400"', "'a'"]) {
      expect(() => unquote(bad)).toThrow('invalid syntax')
    }
  })
})
