import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import type { CliCase } from './cli-cases.ts'

/** The order in which the recorder changed its configuration file: each case finds what the one before it left. */
const edits: Readonly<Record<string, readonly string[]>> = {
  'v1.4.0': [
    ...['set-string', 'set-int', 'set-bool', 'set-duration', 'set-list', 'set-map', 'set-node-type', 'set-locality'],
    ...['set-store', 'set-logmode', 'set-auth', 'auto-resources', 'auto-resources-50'],
  ],
  'v1.9.3': [
    ...['set-string', 'set-equals', 'set-int', 'set-bool', 'set-duration', 'set-list', 'set-list-two-args', 'set-map'],
    ...['set-two-values', 'set-cpu', 'set-log-level', 'set-log-level-bad'],
  ],
}

type WithFile = Omit<CliCase, 'after'> & { after?: { 'config.yaml'?: string | null } }
const fileAfter = (golden: CliCase | undefined): string | null | undefined =>
  (golden as WithFile)?.after?.['config.yaml']
const nameOf = ({ case: name }: CliCase): string => name.slice(name.indexOf('/') + 1)

/** Files that were put there to be read. */
const given: Readonly<Record<string, string>> = {
  'list-broken-file': 'API: [1\n',
  'list-unknown-key-file': 'nosuch: 1\nNode:\n  Nope: 2\n',
}

/** Makes the data folder of a case as it was before. */
export function prepareConfig(dataDir: string, golden: CliCase, all: readonly CliCase[]): void {
  rmSync(dataDir, { recursive: true, force: true })
  const text = given[nameOf(golden)] ?? fileBefore(golden, all)
  if (typeof text !== 'string') return
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, 'config.yaml'), text)
}

function fileBefore(golden: CliCase, all: readonly CliCase[]): string | null | undefined {
  const order = edits[golden.version] ?? []
  const at = order.indexOf(nameOf(golden))
  if (at < 0) return fileAfter(golden)
  return at === 0 ? null : fileAfter(all.find((each) => nameOf(each) === order[at - 1]))
}

/** What the configuration file says afterwards; names are equal whatever their case, sizes are of the machine. */
export function configDifferences(dataDir: string, golden: CliCase): string[] {
  const recorded = fileAfter(golden)
  if (recorded === undefined) return []
  const path = join(dataDir, 'config.yaml')
  const [wanted, ours] = [recorded, existsSync(path) ? readFileSync(path, 'utf8') : null].map(comparable)
  return wanted === ours ? [] : [`config.yaml: ${wanted} became ${ours}`]
}

const comparable = (text: string | null | undefined): string =>
  typeof text === 'string'
    ? JSON.stringify(sorted(parseYaml(text))).replace(/"\d+m"|"[\d.]+ [MGT]B"/g, '"<SIZE>"')
    : 'no file'

function sorted(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key.toLowerCase(), sorted(each)] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * A list of settings as one line `key: value` each, sorted, without further columns; of ours only the keys that are in
 * the recording: there are those of both generations.
 */
export function settingLines(recorded: string, ours: string, format: string | undefined): [string, string] {
  const [there, here] = [rowsOf(recorded, format), rowsOf(ours, format)]
  const lines = (rows: Map<string, string>) =>
    [...there.keys()].flatMap((key) => (rows.has(key) ? [`${key}: ${rows.get(key)}\n`] : [])).sort()
  return [lines(there).join(''), lines(here).join('')]
}

function rowsOf(text: string, format: string | undefined): Map<string, string> {
  if (format === 'json' || format === 'yaml') {
    const rows = (format === 'json' ? JSON.parse(text) : parseYaml(text)) as { Key: string; Value: unknown }[]
    return new Map(rows.map(({ Key, Value }) => [Key, JSON.stringify(Value)]))
  }
  return format === 'csv' ? csvRows(text) : tableRows(text)
}

const csvRows = (text: string): Map<string, string> =>
  new Map(
    text
      .split('\n')
      .map((line) => /^([\w.]+),("(?:[^"\\]|\\.)*"|[^,]*)/.exec(line))
      .filter((found) => found !== null && found[1] !== 'Key')
      .map((found) => [found?.[1] ?? '', found?.[2] ?? '']),
  )

/** A cell ends where two blanks are; a value that is wrapped goes on in lines without a key. */
function tableRows(text: string): Map<string, string> {
  const rows = new Map<string, string>()
  const width = Math.max(...[...text.matchAll(/^ ([\w.]+)/gm)].map(([, key = '']) => key.length)) + 3
  let key = ''
  for (const line of text.split('\n')) {
    const name = /^ ([\w.]+)/.exec(line)?.[1]
    const value = line.slice(width).split(/ {2,}/)[0]?.trim() ?? ''
    if (name !== undefined) key = name
    if (name !== undefined && name !== 'KEY') rows.set(key, value)
    else if (line.startsWith(' ') && line.slice(width, width + 1) !== ' ')
      rows.set(key, `${rows.get(key) ?? ''}${value}`)
  }
  return rows
}

/** The data folder of a case, which the recording names by its environment. */
export const dataDirOf = ({ env = {} }: CliCase, directory: string): string =>
  (env.BACALHAU_DIR ?? dirname(directory)).replace('{{DIR}}', directory)
