import { byteLength } from '../go/byte-text.ts'
import { formatFloat } from '../go/strconv-float.ts'
import { isRawNumber, type RawNumber } from '../json/raw-number.ts'
import { compareKeys } from './key-order.ts'
import { guessScalar } from './resolve.ts'
import { styleOfText } from './scalar-style.ts'
import { YamlOutput } from './yaml-output.ts'

/** Longest key that is written without `? `, in bytes. */
const MAX_SIMPLE_KEY_BYTES = 128

/** What can be written: JSON, whole numbers of any size as bigint, numbers as the text they were written in. */
export type WritableYaml =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | RawNumber
  | readonly WritableYaml[]
  | { readonly [key: string]: WritableYaml }

/**
 * A value as YAML text, as `--output yaml` prints it: block style, keys in natural order, lines folded at 80 columns,
 * a line feed at the end. Properties that are undefined are left out. Source of the form: gopkg.in/yaml.v2.
 */
export function writeYaml(value: WritableYaml): string {
  const output = new YamlOutput()
  writeNode(output, value, -1, false)
  return output.finish()
}

/** `indent` is that of the surrounding collection, -1 at the top. */
function writeNode(output: YamlOutput, value: WritableYaml, indent: number, isMappingValue: boolean): void {
  if (isList(value)) return writeList(output, value, indent, isMappingValue)
  if (typeof value === 'string') {
    return output.scalar(value, styleOfText(value, false), Math.max(indent, 0) + 2)
  }
  if (isRawNumber(value)) return output.scalar(numberText(value.rawJSON), 'plain', 0)
  if (typeof value === 'object' && value !== null) return writeMapping(output, value, indent)
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  output.scalar(isNumber ? numberText(String(value)) : String(value ?? null), 'plain', 0)
}

const isList = (value: WritableYaml): value is readonly WritableYaml[] => Array.isArray(value)

function writeList(output: YamlOutput, items: readonly WritableYaml[], indent: number, isMappingValue: boolean): void {
  if (items.length === 0) return output.indicator('[]')
  // The dashes of a list that is a mapping's value stand at the column of its key.
  const own = isMappingValue ? indent : childIndent(indent)
  for (const item of items) {
    output.newLine(own)
    output.indicator('-', true)
    writeNode(output, item, own, false)
  }
}

function writeMapping(output: YamlOutput, mapping: { readonly [key: string]: WritableYaml }, indent: number): void {
  const keys = Object.keys(mapping).filter((key) => mapping[key] !== undefined)
  if (keys.length === 0) return output.indicator('{}')
  const own = childIndent(indent)
  for (const key of keys.toSorted(compareKeys)) {
    output.newLine(own)
    writeKey(output, key, own)
    writeNode(output, mapping[key], own, true)
  }
}

const childIndent = (indent: number): number => (indent < 0 ? 0 : indent + 2)

function writeKey(output: YamlOutput, key: string, indent: number): void {
  const style = styleOfText(key, true)
  if (byteLength(key) <= MAX_SIMPLE_KEY_BYTES && !/[\n\u2028\u2029]/.test(key)) {
    output.key(key, style)
    return output.colon()
  }
  output.indicator('?', true)
  output.scalar(key, styleOfText(key, false), indent + 2)
  output.newLine(indent)
  output.indicator(':', true)
}

/** Go reads the JSON text of a number as YAML: whole numbers beyond 64 bits and those with a point become floats. */
function numberText(json: string): string {
  const number = guessScalar(json)
  if (number.kind === 'float') return formatFloat(number.value, 'g')
  return number.kind === 'null' ? 'null' : String(number.value)
}
