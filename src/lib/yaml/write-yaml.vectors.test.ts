import { describeVectors } from '../../../test/kit/vectors.ts'
import { Fault } from '../fault.ts'
import { isRawNumber, rawNumber } from '../json/raw-number.ts'
import { readYaml } from './read-yaml.ts'
import { type WritableYaml, writeYaml } from './write-yaml.ts'

// The reference reads its own JSON as YAML before it writes it: refusals and a next-line character made space come from that.
describeVectors('yaml-output.json', (json) => {
  try {
    return writeYaml(withSourceNumbers(readYaml(json).value, parseJson(json)))
  } catch (error) {
    throw error instanceof Fault ? new Fault('BadRequest', `error converting JSON to YAML: ${error.message}`) : error
  }
})

/** JSON whose numbers keep their source text. */
const parseJson = (text: string): WritableYaml =>
  JSON.parse(text, ((_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' ? rawNumber(context.source as string) : value) as (
    key: string,
    value: unknown,
  ) => unknown)

/** The strings of one reading, the numbers of the other. */
function withSourceNumbers(read: WritableYaml, json: WritableYaml): WritableYaml {
  if (isRawNumber(json) || typeof read !== 'object' || read === null) return isRawNumber(json) ? json : read
  if (Array.isArray(read)) return read.map((item, at) => withSourceNumbers(item, (json as WritableYaml[])[at]))
  const source = json as Record<string, WritableYaml>
  return Object.fromEntries(Object.entries(read).map(([key, value]) => [key, withSourceNumbers(value, source[key])]))
}
