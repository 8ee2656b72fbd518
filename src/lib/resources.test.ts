import { describe, expect, it } from 'vitest'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'
import { parseCapacity } from './capacity.ts'
import { parseCpu } from './cpu.ts'
import {
  checkResources,
  formatResources,
  normalizeResources,
  parseResources,
  type ResourceNumbers,
  type ResourceTexts,
} from './resources.ts'
import { formatBytes, parseBytes } from './sizes.ts'

describe('resource texts', () => {
  it('reads cores and thousandths of cores [R142]', () => {
    expect(parseCpu('2')).toBe(2)
    expect(parseCpu('0.5')).toBe(0.5)
    expect(parseCpu('250m')).toBe(0.25)
    expect(parseCpu('1.9999')).toBe(1.999)
    expect(() => parseCpu('2 cores')).toThrow('unknown cpu format: 2 cores')
  })

  it('reads decimal and binary sizes [R143] [R144]', () => {
    expect(parseBytes('42')).toBe(42)
    expect(parseBytes('42mb')).toBe(42_000_000)
    expect(parseBytes('42 MiB')).toBe(44_040_192)
    expect(parseBytes('1,5GB')).toBe(15_000_000_000)
    expect(() => parseBytes('1 constructor')).toThrow('unhandled size name: constructor')
    expect(() => parseBytes('16EiB')).toThrow('too large: 16EiB')
  })

  it('reads the count of GPUs [R145]', () => {
    expect(parseResources({ GPU: '2' })).toEqual({ CPU: 0, Memory: 0, Disk: 0, GPU: 2 })
    expect(() => parseResources({ GPU: '1.5', CPU: 'x' })).toThrow('invalid GPU value: 1.5')
  })

  it('gives each reader amounts of its own, and takes no text for an absent one', () => {
    const texts = { CPU: '2', Memory: '1Gb' }
    parseResources(texts).CPU = 5
    expect(parseResources(texts).CPU).toBe(2)
    expect(parseResources({})).toEqual(parseResources({ CPU: '' }))
    expect(() => parseResources({ CPU: 'undefined' })).toThrow('invalid CPU value: undefined')
  })

  it('names every amount that cannot be read', () => {
    expect(() => parseResources({ CPU: 'x', Memory: 'y', Disk: 'z' })).toThrow(
      'invalid CPU value: x\ninvalid memory value: y\ninvalid disk value: z',
    )
  })

  it('refuses less than no CPU', () => {
    expect(() => checkResources({ CPU: '-1' })).toThrow('invalid CPU value: -1.000000')
  })

  it('stores texts in lower case without blanks', () => {
    expect(normalizeResources({ CPU: ' 500m', Memory: '1 GB\n', GPU: '' })).toEqual({ CPU: '500m', Memory: '1gb' })
  })

  it('takes shares of the machine and at least one of its GPUs', () => {
    const machine = { CPU: 8, Memory: 1001, Disk: 100, GPU: 2 }
    const texts = { CPU: '80%', Memory: '50%', Disk: '10', GPU: '1%' }
    expect(parseCapacity(texts, machine)).toEqual({ CPU: 6.4, Memory: 500, Disk: 10, GPU: 1 })
    expect(parseCapacity({ ...texts, GPU: '100%' }, { ...machine, GPU: 0 }).GPU).toBe(0)
    expect(() => parseCapacity({ ...texts, Disk: 'NaN%' }, machine)).toThrow('must be between 0% and 100%, got NaN%')
  })
})

/** More GPUs than a float can count (2^53): a count is a number here, which holds them only roughly. */
const isBeyondCounting = (text: string): boolean => Number(text) > Number.MAX_SAFE_INTEGER

type NumberTexts = { CPU: number; Memory: string; Disk: string; GPU: string }
const numbersOf = (texts: NumberTexts): ResourceNumbers => ({
  CPU: texts.CPU,
  Memory: Number(texts.Memory),
  Disk: Number(texts.Disk),
  GPU: Number(texts.GPU),
})
/** Sizes are floats before they are integers in the reference too, so that a float holds them exactly. */
const textsOf = ({ CPU, Memory, Disk, GPU }: ResourceNumbers): NumberTexts => ({
  CPU,
  Memory: String(BigInt(Memory)),
  Disk: String(BigInt(Disk)),
  GPU: String(GPU),
})

describeVectors('resource-cpu.json', parseCpu, {
  isSame: (cores, expected) => cores === (expected as { cores: number }).cores,
})
describeVectors('humanize-bytes.json', (bytes: string) => formatBytes(BigInt(bytes)), {
  isSame: (text, expected) => text === (expected as { Bytes: string }).Bytes,
})
describeVectors('resource-bytes.json', (text: string) => String(BigInt(parseBytes(text))))
/** What else a case of resources-config says about the same texts. */
type Judged = { invalid: string; normalized: ResourceTexts }
const invalidOf = (texts: ResourceTexts): string => {
  try {
    checkResources(texts)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describeVectors(
  'resources-config.json',
  (texts: ResourceTexts, vector) => {
    const { invalid, normalized } = (vector.raw['v1.4.0'] ?? vector.raw) as Judged
    expect({ CPU: '', Memory: '', Disk: '', GPU: '', ...normalizeResources(texts) }).toEqual(normalized)
    expect(invalidOf(texts)).toBe(invalid)
    const amounts = parseResources(texts)
    const string = formatResources(amounts)
    return { ...textsOf(amounts), string, zero: Object.values(amounts).every((amount) => amount === 0) }
  },
  { skip: (vector) => 'out' in (vector.accepted[0] ?? {}) && isBeyondCounting(vector.in.GPU) },
)
describeVectors('resources-arith.json', ({ a }: { a: NumberTexts }) => formatResources(numbersOf(a)), {
  isSame: (actual, expected) => actual === (expected as { aString: string }).aString,
})
const isNoShare = ({ in: { CPU, Memory, Disk } }: VectorCase): boolean => /NaN%/.test(CPU + Memory + Disk)
describeVectors(
  'resource-scaler.v1.9.3.json',
  ({ total, ...texts }) => {
    const amounts = parseCapacity(texts, numbersOf(total))
    return { ...textsOf(amounts), gpus: amounts.GPU }
  },
  // The reference takes `NaN%` of a machine for an amount; where it does not panic at that, there is nothing to be like.
  { skip: (vector) => isNoShare(vector) && 'out' in (vector.accepted[0] ?? {}) },
)
