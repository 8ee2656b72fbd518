import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rawNumber } from '../json/raw-number.ts'
import { readYaml } from './read-yaml.ts'
import { writeYaml } from './write-yaml.ts'

describe('writing YAML', () => {
  it('prints blocks with dashes under their key and empty collections on one line [R9]', () => {
    const job = { Tasks: [{ Name: 'a', Args: ['x', 'y'] }, []], Count: 1, Empty: {}, None: null, Left: undefined }
    expect(writeYaml(job)).toBe('Count: 1\nEmpty: {}\nNone: null\nTasks:\n- Args:\n  - x\n  - "y"\n  Name: a\n- []\n')
    expect(writeYaml([[1, [2]], { a: 1, b: [3] }])).toBe('- - 1\n  - - 2\n- a: 1\n  b:\n  - 3\n')
  })

  it('quotes what would not read back as the same text', () => {
    const texts = [
      '',
      'yes',
      '1',
      '1.5',
      '0x1',
      '2001-01-01',
      '1:30',
      'a: b',
      '# no',
      "it's",
      'a\tb',
      ' pad',
      '- x',
      '😀',
    ]
    expect(writeYaml(texts)).toBe(
      '- ""\n- "yes"\n- "1"\n- "1.5"\n- "0x1"\n- "2001-01-01"\n- "1:30"\n- \'a: b\'\n- \'# no\'\n- it\'s\n' +
        '- "a\\tb"\n- \' pad\'\n- \'- x\'\n- "\\U0001F600"\n',
    )
  })

  it('prints several lines as a literal block', () => {
    expect(writeYaml({ a: 'x\n  y\n', b: 'x\ny', c: 'x\n\n', d: ' x\ny' })).toBe(
      'a: |\n  x\n    y\nb: |-\n  x\n  y\nc: |+\n  x\n\nd: |2-\n   x\n  y\n',
    )
  })

  it('folds long lines at 80 columns and writes long keys with a question mark', () => {
    expect(writeYaml({ a: 'word '.repeat(20).trim() })).toBe(
      `a: ${'word '.repeat(16).trim()}\n  ${'word '.repeat(4).trim()}\n`,
    )
    expect(writeYaml({ ['k'.repeat(129)]: 1 })).toBe(`? ${'k'.repeat(129)}\n: 1\n`)
  })

  it('orders keys naturally', () => {
    expect(writeYaml({ b: 1, a10: 2, a2: 3, C: 4, _: 5, 10: 6, 9: 7 })).toBe(
      '_: 5\n"9": 7\n"10": 6\nC: 4\na2: 3\na10: 2\nb: 1\n',
    )
  })

  it('keeps 64-bit integers and the source text of numbers', () => {
    expect(writeYaml([9223372036854775807n, 1e21, 0.1, -0, rawNumber('1e6'), rawNumber('1.0')])).toBe(
      '- 9223372036854775807\n- 1e+21\n- 0.1\n- 0\n- 1e+06\n- 1\n',
    )
  })

  it('reads back what it wrote', () => {
    const json = fc.letrec((tie) => ({
      text: fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => text.isWellFormed()),
      words: fc.array(fc.constantFrom('a', ' ', '\n', ':', '#', '-', "'", '"', '1', '\t', ','), { maxLength: 40 }),
      value: fc.oneof(
        { depthSize: 'small' },
        tie('text'),
        tie('words').map((words) => (words as string[]).join('')),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).filter((n) => !Number.isSafeInteger(Number(n))),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(tie('text') as fc.Arbitrary<string>, tie('value'), { maxKeys: 4 }),
      ),
    })).value
    fc.assert(
      fc.property(json, (value) => {
        const text = writeYaml(value as never)
        expect(comparable(readYaml(text).value)).toEqual(comparable(value))
      }),
      { seed: 7, numRuns: 200 },
    )
  })
})

/** Without prototypes; big integers as text. */
const comparable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? `${each}n` : each)))
