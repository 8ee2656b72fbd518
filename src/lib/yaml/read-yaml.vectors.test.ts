import { describeVectors } from '../../../test/kit/vectors.ts'
import { readYaml, type YamlValue } from './read-yaml.ts'

describeVectors('yaml-to-json.json', (text) => comparable(readYaml(text).value), {
  isSame: (actual, expected) => actual === comparable(parseExact(expected as string)),
})

/** JSON with whole numbers exact. */
function parseExact(json: string): YamlValue {
  return JSON.parse(json, ((_key: string, value: unknown, context: { source?: string }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(context.source ?? '')) return value
    return BigInt(context.source as string)
  }) as (key: string, value: unknown) => unknown)
}

/** A text with keys in order; numbers as JSON writes them, so that a float and the same whole number are equal. */
function comparable(value: YamlValue): string {
  if (Array.isArray(value)) return `[${value.map(comparable).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.keys(value).sort()
    return `{${pairs.map((key) => `${JSON.stringify(key)}:${comparable(value[key] as YamlValue)}`).join(',')}}`
  }
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}
