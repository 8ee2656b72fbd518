import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { goldensDir } from '../kit/vectors.ts'
import type { CliCase } from './cli-cases.ts'
import type { CliRun } from './cli-process.ts'
import { type Compared, formatOf, isSettings, rules } from './cli-rules.ts'
import { tablesUnwrapped } from './cli-tables.ts'
import { comparableText, exampleOf, listedLines, sortedLines } from './cli-texts.ts'
import { lineDiff } from './line-diff.ts'

/** The comparison that lies beside the recordings; it is used where it lies. */
export type Compare = {
  mask(text: string): string
  sameShape(golden: unknown, ours: unknown, options?: object): string[]
  finalOutput(text: string): string
}
export const loadCompare = async (): Promise<Compare> =>
  (await import(/* @vite-ignore */ join(goldensDir(), 'compare.mjs'))) as Compare

export type Verdict = {
  /** Every difference to a reader, after the rules; [] = the same. */
  readonly differences: readonly string[]
  /** Rules that changed something. */
  readonly used: readonly string[]
}

const flagMistake =
  /unknown flag|unknown shorthand|flag needs an argument|invalid argument|unknown command|accepts \d|requires at least|if any flags in the group/

export function judge(golden: CliCase, run: CliRun, compare: Compare): Verdict {
  const used: string[] = []
  let pair = [seen(golden, compare), seen(run, compare)] as const
  for (const [name, rule] of Object.entries(rules)) {
    const next = rule(pair, golden)
    if (JSON.stringify(next) !== JSON.stringify(pair)) used.push(name)
    pair = next
  }
  const [recorded, ours] = pair
  const wantsUsage = isFlagMistake(golden)
  const [usage, stderr] = ours.exit === 0 ? [false, ours.stderr] : splitUsage(ours.stderr)
  const differences = [
    ...(recorded.exit === ours.exit ? [] : [`exit: ${recorded.exit} became ${ours.exit}`]),
    ...(wantsUsage && !golden.pty && !usage ? ['stderr: usage text expected'] : []),
    ...(golden.stdoutLines === undefined ? outputs(golden, recorded, { ...ours, stderr }, compare) : []),
  ]
  return { differences, used }
}

/** What a reader sees at the end. */
const seen = ({ exit, stdout, stderr }: Partial<CliRun>, { finalOutput }: Compare): Compared => ({
  exit: exit ?? 0,
  stdout: wideDays(finalOutput(stdout ?? '')),
  stderr: wideDays(finalOutput(stderr ?? '')),
})

/** Two blanks, as in `Dec  1 10:00:00`, are not the end of a column. */
const wideDays = (text: string): string => text.replace(/\b([A-Z][a-z]{2})  (\d)(?= \d\d:\d\d:\d\d)/g, '$1 0$2')

const isFlagMistake = ({ stdout = '', stderr = stdout }: CliCase): boolean =>
  /\{\{USAGE[^}]*\}\}/.test(stdout) && flagMistake.test(stderr)

const splitUsage = (stderr: string): [boolean, string] => {
  const at = stderr.search(/^Usage:/m)
  return at < 0 ? [false, stderr] : [true, stderr.slice(0, at)]
}

function outputs(golden: CliCase, recorded: Compared, ours: Compared, compare: Compare): string[] {
  const kind = documentOf(golden)
  const header = golden.argv.includes('--hide-header') ? hiddenHeaders[pathOf(golden)] : undefined
  const out = kind
    ? documents(kind, golden, recorded.stdout, ours.stdout, compare)
    : texts('stdout', ...whatCounts(golden, recorded.stdout, ours.stdout), compare, header)
  return golden.pty ? out : [...out, ...texts('stderr', recorded.stderr, ours.stderr, compare)]
}

/** Names of the columns when their header is left out. */
const hiddenHeaders: Readonly<Record<string, readonly string[]>> = {
  'node list': ['ID', 'TYPE', 'APPROVAL', 'STATUS', 'LABELS', 'CPU', 'MEMORY', 'DISK', 'GPU'],
  'job executions': ['CREATED', 'MODIFIED', 'ID', 'NODE ID', 'REV.', 'STATE', 'DESIRED'],
  'job history': ['TIME', 'LEVEL', 'REV.', 'EXEC. ID', 'NODE ID', 'STATE', 'TOPIC', 'EVENT'],
}

/** Up to a help text, whose words are free. */
function texts(
  name: string,
  recorded: string,
  ours: string,
  { mask }: Compare,
  hiddenHeader?: readonly string[],
): string[] {
  const lines = (text: string) => {
    const comparable = comparableText(text, mask, hiddenHeader)
    return comparable === '' ? [] : comparable.split('\n')
  }
  const [wanted, given] = [lines(recorded), lines(ours)]
  const help = wanted.findIndex((line) => /^\{\{(?:USAGE|HELP)/.test(line))
  if (help < 0) return lineDiff(wanted, given).map((line) => `${name}: ${line}`)
  const hasUsage = given.slice(help).some((line) => line.startsWith('Usage:'))
  const before = lineDiff(wanted.slice(0, help), given.slice(0, help)).map((line) => `${name}: ${line}`)
  return hasUsage ? before : [...before, `${name}: usage text expected`]
}

const pathOf = ({ argv }: CliCase): string => argv.slice(1, 3).join(' ')

/**
 * Listed jobs are those of the cluster; the two streams of a program come in any order, and so do nodes that are equal
 * in what they are ordered by, or differ in what is free.
 */
function whatCounts(golden: CliCase, recorded: string, ours: string): [string, string] {
  const [path, { argv }] = [pathOf(golden), golden]
  const isAnyOrder = path === 'job logs' || argv.includes('--follow')
  if (isAnyOrder) return [sortedLines(recorded), sortedLines(ours)]
  if (path === 'node list' && argv.includes('--order-by') && !argv.includes('id'))
    return [sortedLines(tablesUnwrapped(recorded)), sortedLines(tablesUnwrapped(ours))]
  return path === 'job list' ? [listedLines(recorded), listedLines(ours)] : [recorded, ours]
}

const documentOf = (golden: CliCase): 'json' | 'yaml' | undefined => {
  if (golden.exit !== 0 || golden.argv.includes('--dry-run') || isSettings(golden.argv)) return undefined
  const format = formatOf(golden.argv)
  if (format !== undefined) return format === 'json' || format === 'yaml' ? format : undefined
  return ['agent alive', 'agent config', 'agent node', 'node describe'].includes(pathOf(golden)) ? 'yaml' : undefined
}

/** Which of two fitting nodes got a job is chance; the build is our own. */
const machineKeys = ['NodeID', 'BacalhauVersion']
/** The cluster of the tests has its own folders, and any free ports. */
const settingsOfMachine = ['Port', 'DataDir']

/** Ours may have more keys: a superset of what was recorded. */
function documents(
  kind: 'json' | 'yaml',
  golden: CliCase,
  recorded: string,
  ours: string,
  { sameShape }: Compare,
): string[] {
  const read = (text: string): unknown => (kind === 'json' ? JSON.parse(text) : parseYaml(text, { intAsBigInt: false }))
  const isNodes = golden.argv[1] === 'node'
  const isAgentConfig = pathOf(golden) === 'agent config'
  try {
    const [wanted, given] = [read(recorded), read(ours)]
    if (pathOf(golden) === 'job list') return exampleOf(wanted, given, sameShape)
    const keys = isNodes ? machineKeys.slice(1) : [...machineKeys, ...(isAgentConfig ? settingsOfMachine : [])]
    return sameShape(wanted, given, { extraKeys: 'allow', machineKeys: keys })
  } catch (error) {
    return [`stdout: no ${kind}: ${String(error)} in ${ours.slice(0, 200)}`]
  }
}
