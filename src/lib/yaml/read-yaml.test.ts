import { describe, expect, it } from 'vitest'
import { Fault } from '../fault.ts'
import { readYaml } from './read-yaml.ts'

const valueOf = (text: string) => readYaml(text).value
const lines = (...text: string[]) => text.join('\n')

describe('reading YAML', () => {
  it('reads characters beyond U+FFFF as JSON escapes them, in two halves; half of one is refused', () => {
    expect(valueOf(String.raw`{"a": "\ud83d\ude00 \uD835\uDCB3"}`)).toEqual({ a: '😀 𝒳' })
    for (const half of ['\\ud83d', '\\ud83d\\u0041', '\\ud83dx', '\\ude00\\ud83d'])
      expect(() => valueOf(`{"a": "${half}"}`)).toThrow('found invalid Unicode character escape code')
  })

  it('reads a job file of blocks, lists and texts [R31]', () => {
    const text = lines(
      'Name: main # the name',
      'Count: 3',
      'Tasks:',
      '- Name: a',
      "  Engine: {Type: docker, Params: {Image: \"ubuntu:latest\", Args: [-c, 'it''s']}}",
      '  Script: |',
      '    one',
      '      two',
      '',
      '  Folded: >-',
      '    one',
      '    line',
      '',
      '    next',
      'Empty:',
    )
    expect(valueOf(text)).toEqual({
      Name: 'main',
      Count: 3,
      Tasks: [
        {
          Name: 'a',
          Engine: { Type: 'docker', Params: { Image: 'ubuntu:latest', Args: ['-c', "it's"] } },
          Script: 'one\n  two\n',
          Folded: 'one line\nnext',
        },
      ],
      Empty: null,
    })
  })

  it('reads JSON and only the first document', () => {
    expect(valueOf('{"a": [1, 2.5, true, null, "\\u00e9"]}')).toEqual({ a: [1, 2.5, true, null, 'é'] })
    expect(valueOf('a: 1\n---\n{ broken')).toEqual({ a: 1 })
    expect(valueOf('')).toBeNull()
  })

  it('guesses plain words and numbers by YAML 1.1', () => {
    const text = '[yes, Off, ~, 010, 0x1F, 0b101, 1_000, 1e3, .5, -.5, 12:30:45, 2001-01-01, "yes", +1, 08]'
    const expected = [true, false, null, 8, 31, 5, 1000, 1000, 0.5, -0.5, '12:30:45', '2001-01-01', 'yes', 1, 8]
    expect(valueOf(text)).toEqual(expected)
  })

  it('keeps 64-bit integers exact', () => {
    expect(valueOf('[9223372036854775807, 18446744073709551615, -9007199254740993, 9007199254740991]')).toEqual([
      9223372036854775807n,
      18446744073709551615n,
      -9007199254740993n,
      9007199254740991,
    ])
  })

  it('makes keys text and lets the last of equal keys win', () => {
    expect(valueOf('{1: a, true: b, 1.5: c, a: 1, a: 2}')).toEqual({ 1: 'a', true: 'b', 1.5: 'c', a: 2 })
    expect(() => valueOf('{null: a}')).toThrow('unsupported map key of type: %!s(<nil>), key: <nil>, value: "a"')
  })

  it('takes __proto__ for a key like any other', () => {
    const value = valueOf('__proto__: {polluted: true}') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect((value as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('follows anchors, aliases and merge keys', () => {
    expect(valueOf('base: &b {x: 1, z: 2}\nuse: {<<: *b, z: 3}\nsame: *b')).toEqual({
      base: { x: 1, z: 2 },
      use: { x: 1, z: 3 },
      same: { x: 1, z: 2 },
    })
    expect(() => valueOf('a: *nope')).toThrow("yaml: unknown anchor 'nope' referenced")
    expect(() => valueOf('a: &a [*a]')).toThrow("yaml: anchor 'a' value contains itself")
  })

  it('reads UTF-16 and byte order marks, and refuses other bytes', () => {
    expect(readYaml(Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x3a, 0, 0x20, 0, 0x31, 0)).value).toEqual({ a: 1 })
    expect(readYaml(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)).value).toBe('a')
    expect(() => readYaml(Uint8Array.of(0x61, 0xff))).toThrow('yaml: invalid leading UTF-8 octet')
    expect(() => valueOf('a: \u0007')).toThrow('yaml: control characters are not allowed')
  })

  it.each([
    ['a: [1, 2', "yaml: line 1: did not find expected ',' or ']'", 2, 1],
    ['a: b: c', 'yaml: mapping values are not allowed in this context', 1, 5],
    ['a: 1\nb: 2\n\tc: 3', 'yaml: line 3: found a tab character that violates indentation', 3, 1],
    ['x: 1\ny: "open', 'yaml: line 2: found unexpected end of stream', 2, 9],
    ['a:\n  - 1\n b: 2', 'yaml: line 2: did not find expected key', 3, 2],
    ['a: !!int x', 'yaml: cannot decode !!str `x` as a !!int', 1, 4],
    ['a: .inf', 'json: unsupported value: +Inf', 1, 4],
  ])('refuses %j and says where', (text, message, line, column) => {
    const fault = faultOf(() => valueOf(text))
    expect(fault.code).toBe('BadRequest')
    expect(fault.message).toBe(message)
    expect(fault.details).toEqual({ Line: String(line), Column: String(column) })
    expect(fault.hint).toContain(`line ${line}, column ${column}`)
  })

  it('knows the line and column of every key and item', () => {
    const { positionOf } = readYaml('Name: a\nTasks:\n  - Name: main\n    Env: {A: 1,\n      B: 2}\n')
    expect(positionOf([])).toEqual({ line: 1, column: 1 })
    expect(positionOf(['Tasks', 0])).toEqual({ line: 3, column: 5 })
    expect(positionOf(['Tasks', 0, 'Env', 'B'])).toEqual({ line: 5, column: 7 })
    expect(positionOf(['Tasks', 1])).toBeUndefined()
    expect(positionOf(['Name', 'x'])).toBeUndefined()
  })
})

describe('bounds of YAML', () => {
  it('refuses aliases that grow without measure', () => {
    const levels = Array.from({ length: 20 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]`)
    const text = lines('a0: &a0 [x]', ...levels)
    expect(() => valueOf(text)).toThrow('yaml: document contains excessive aliasing')
  })

  it('refuses deep nesting, also through aliases', () => {
    expect(() => valueOf('['.repeat(100_000))).toThrow('yaml: exceeded max depth of 1000')
    expect(() => valueOf('- '.repeat(2000))).toThrow('yaml: exceeded max depth of 1000')
    const half = (inside: string) => '['.repeat(600) + inside + ']'.repeat(600)
    expect(() => valueOf(lines(`a: &a ${half('1')}`, `b: ${half('*a')}`))).toThrow('yaml: exceeded max depth of 1000')
    expect(valueOf('['.repeat(999) + ']'.repeat(999))).toBeInstanceOf(Array)
  })

  it('refuses more than 10 MB', () => {
    const fault = faultOf(() => valueOf('x'.repeat(10 * 1024 * 1024 + 1)))
    expect(fault.code).toBe('PayloadTooLarge')
  })
})

function faultOf(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
  }
  throw new Error('no Fault was thrown')
}
