import { isIPv4, isIPv6 } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { formatDuration } from '../duration.ts'
import { Fault } from '../fault.ts'
import { formatFloat } from '../go/strconv-float.ts'
import { atoi, parseFloat } from '../go/strconv-parse.ts'
import { quote } from '../go/strconv-quote.ts'
import { type InputSpec, parseInputSpec } from '../spec-text/input-spec.ts'
import { parseNetworkType } from '../spec-text/network-type.ts'
import { parseResultPath } from '../spec-text/result-path.ts'
import * as types from './flag-type.ts'
import { type FlagTable, parseFlags } from './flags.ts'

const flags = {
  wait: { type: types.bool, default: true, usage: 'wait' },
  publish: { type: types.int, shorthand: 'p', usage: 'port' },
  env: { type: types.stringSlice, shorthand: 'e', usage: 'environment' },
  detach: { type: types.bool, shorthand: 'd', usage: 'detach' },
  old: { type: types.string, usage: 'old', deprecated: 'use --new' },
} satisfies FlagTable

describe('flags', () => {
  it('that are boolean take a value only after =', () => {
    expect(parseFlags(flags, ['--wait=false']).values.wait).toBe(false)
    expect(parseFlags(flags, ['--wait', 'false'])).toMatchObject({ values: { wait: true }, args: ['false'] })
  })

  it('that are short carry their value and stand in groups', () => {
    for (const argv of [['-p8080'], ['-p=8080'], ['-p', '8080'], ['-dp8080'], ['-dp', '8080']]) {
      expect(parseFlags(flags, argv).values.publish, argv.join(' ')).toBe(8080)
    }
  })

  it('that are lists collect CSV records', () => {
    expect(parseFlags(flags, ['-e', 'A=1', '-e', 'B=2,C=3']).values.env).toEqual(['A=1', 'B=2', 'C=3'])
  })

  it('that are variables of a program keep values of several lines whole, and quoted fields', () => {
    const { read } = types.stringSliceOrLines
    for (const text of ['A=one\ntwo, and "three"', 'A=1\n', '\nA', 'A=1\r\nB'])
      expect(read(text, [], true)).toEqual([text])
    expect(read('"A=1\n2",B=3', [], true)).toEqual(['A=1\n2', 'B=3'])
  })

  it('end at two dashes', () => {
    expect(parseFlags(flags, ['image', '--', '-d'])).toMatchObject({
      args: ['image', '-d'],
      dash: 1,
      values: { detach: false },
    })
  })

  it('that are deprecated work and say so', () => {
    const { values, notices, given } = parseFlags(flags, ['--old', 'x'])
    expect([values.old, notices, [...given]]).toEqual(['x', ['Flag --old has been deprecated, use --new'], ['old']])
  })

  it('are refused in the words of pflag', () => {
    const refusal = (...argv: string[]) => expect.soft(() => parseFlags(flags, argv))
    refusal('--nope').toThrow('unknown flag: --nope')
    refusal('--constructor').toThrow('unknown flag: --constructor')
    refusal('-x').toThrow("unknown shorthand flag: 'x' in -x")
    refusal('-p').toThrow("flag needs an argument: 'p' in -p")
    refusal('-px').toThrow(
      'invalid argument "x" for "-p, --publish" flag: strconv.ParseInt: parsing "x": invalid syntax',
    )
  })
})

/** Types of the recorded sample that no command of ours has. */
const ip = types.single('ip', '', (text) => {
  const address = text.trim()
  if (isIPv4(address)) return address
  if (!isIPv6(address) || address.includes('%')) throw new Fault('BadRequest', `failed to parse IP: ${quote(text)}`)
  const [, high, low] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(new URL(`http://[${address}]`).hostname) ?? []
  if (high === undefined || low === undefined) return new URL(`http://[${address}]`).hostname.slice(1, -1)
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
})
const ints = types.list('ints', (text) => text.split(',').map((item) => Number(atoi(item))))
const float = types.single('float64', 0, parseFloat)
const input = types.list<InputSpec>('storage', (text) => [parseInputSpec(text)])
const output = types.list('ResultPath', (text) => {
  const { Name, Path } = parseResultPath(text)
  return [{ name: Name, path: Path }]
})
const network = types.single('network-type', 'None', parseNetworkType)
const usage = ''

const sample: FlagTable = {
  bool: { type: types.bool, shorthand: 'b', usage },
  yes: { type: types.bool, shorthand: 'y', default: true, usage },
  str: { type: types.string, shorthand: 's', default: 'dflt', usage },
  opt: { type: types.string, shorthand: 'O', alone: 'auto', usage },
  int: { type: types.int, shorthand: 'n', default: 3, usage },
  i64: { type: types.int64, usage },
  uint: { type: types.uint, usage },
  u64: { type: types.uint64, usage },
  float: { type: float, shorthand: 'f', usage },
  dur: { type: types.duration, shorthand: 'd', default: 1_000_000_000n, usage },
  slice: { type: types.stringSlice, shorthand: 'l', usage },
  slicedef: { type: types.stringSlice, default: ['a', 'b'], usage },
  arr: { type: types.stringArray, shorthand: 'a', usage },
  map: { type: types.stringToString, shorthand: 'e', usage },
  ints: { type: ints, usage },
  verbose: { type: types.count, shorthand: 'v', usage },
  ip: { type: ip, usage },
  old: { type: types.bool, deprecated: 'use --bool', usage },
  shortdep: { type: types.bool, shorthand: 'z', shorthandDeprecated: 'use --shortdep', usage },
  hidden: { type: types.bool, isHidden: true, usage },
  output: { type: output, shorthand: 'o', usage },
  network: { type: network, usage },
  input: { type: input, shorthand: 'i', usage },
}

function shown(value: unknown): unknown {
  if (typeof value === 'bigint') return formatDuration(value)
  return typeof value === 'number' && !Number.isFinite(value) ? formatFloat(value, 'g') : value
}
/** Numbers of 64 bits are recorded as text. */
const asNumber = (set: Record<string, unknown>): Record<string, unknown> => ({
  ...set,
  ...(typeof set.i64 === 'string' && { i64: Number(set.i64) }),
  ...(typeof set.u64 === 'string' && { u64: Number(set.u64) }),
})

describeVectors(
  'flags.json',
  (argv: string[] | null) => {
    const { values, given, args, dash, notices, isHelpAsked } = parseFlags(sample, argv ?? [])
    if (isHelpAsked) throw new Error('pflag: help requested')
    const set = Object.fromEntries([...given].map((name) => [name, shown(values[name])]))
    return { args, dash, printed: notices.map((notice) => `${notice}\n`).join(''), set }
  },
  {
    isSame: (actual, expected) => {
      const wanted = expected as { set: Record<string, unknown> }
      return isDeepStrictEqual(actual, { ...wanted, set: asNumber(wanted.set) })
    },
  },
)
