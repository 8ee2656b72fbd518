import { Fault } from '#lib/fault.ts'
import { byteLength } from '#lib/go/byte-text.ts'
import { parseJson } from '#lib/json/parse.ts'
import { stringifyJson } from '#lib/json/stringify.ts'
import { visible } from '#lib/text/visible.ts'
import { bold } from './colours.ts'
import type { Out } from './out.ts'
import type { Format } from './shared/output-flags.ts'

export type Shape = { readonly output: Format | ''; readonly pretty: boolean }

/** Writes a document that is JSON text already, as JSON or YAML. Throws a Fault for a format that is for tables. */
export async function printDocument(out: Out, json: string, shape: Shape): Promise<void> {
  if (shape.output === 'json') return out.write(`${shape.pretty ? indented(json) : json}\n`)
  if (shape.output !== 'yaml') {
    throw new Fault('BadRequest', `invalid format "${shape.output}"`, { hint: 'This is shown as json or yaml.' })
  }
  const { writeYaml } = await import('#lib/yaml/write-yaml.ts')
  out.write(writeYaml(parseJson(json, { keepsText: true }) as Parameters<typeof writeYaml>[0]))
}

const indented = (json: string): string =>
  stringifyJson(parseJson(json, { keepsText: true }), { indent: 2, escapeHtml: true })

/** `Key = value` lines: keys padded to the longest (in bytes, as the reference counts), pairs without value left out. */
export function keyValues(pairs: readonly (readonly [key: string, value: string])[]): string {
  const width = Math.max(0, ...pairs.map(([key]) => byteLength(key)))
  return pairs
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${visible(key)}${' '.repeat(width - [...key].length)} = ${visible(value)}\n`)
    .join('')
}

/** A title as text for people sees it: bold on every stream, because it is part of the layout. */
export const boldTitle = (title: string, paint = bold): string => paint(`\n${title}\n`)
