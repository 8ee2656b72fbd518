import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { buildInfo } from '#lib/build-info.ts'
import { goldensDir } from '../kit/vectors.ts'
import type { CliCase } from './cli-cases.ts'
import type { CliRun } from './cli-process.ts'

/** The comparison that lies beside the recordings; it is used where it lies. */
export type Compare = {
  mask(text: string): string
  sameShape(golden: unknown, ours: unknown, options?: object): string[]
  sameText(golden: string, ours: string, options?: object): string[]
  finalOutput(text: string): string
}
export const loadCompare = async (): Promise<Compare> =>
  (await import(/* @vite-ignore */ join(goldensDir(), 'compare.mjs'))) as Compare

type Expected = { exit: number; stdout: string; stderr: string; hasUsageOnStderr: boolean }

/**
 * What the recording wants of us: the recorded texts after the decisions that hold for whole classes of output. Each is
 * one function below and one row of docs/compat.md; a difference that is not covered is listed there by its case.
 */
function expected(golden: CliCase): Expected {
  const usage = /\{\{USAGE[^}]*\}\}/
  const isFlagMistake = usage.test(golden.stdout ?? '') && flagMistake.test(golden.stderr ?? golden.stdout ?? '')
  let stdout = ofOurVersion(golden.stdout ?? '').replaceAll('\r\n', '\n')
  let stderr = (golden.stderr ?? '').replaceAll('\r\n', '\n')
  if (golden.exit !== 0) {
    stdout = stdout.replace(new RegExp(`${usage.source}\\n?`), '')
    stderr = errorsOnce(stderr)
  }
  stderr = withoutLogLines(stderr)
  ;[stdout, stderr] = noticesOnStderr(stdout, stderr)
  ;[stdout, stderr] = nodeResultsOnStderr(stdout, stderr)
  return { exit: golden.exit, stdout, stderr: withoutResponseCodes(stderr), hasUsageOnStderr: isFlagMistake }
}

/** cli/own-version: we say our own version. */
const ofOurVersion = (text: string): string =>
  text.replaceAll('v1.4.0', buildInfo.GitVersion).replace(/("?Minor"?: ?)"4"/g, `$1"${buildInfo.Minor}"`)

const flagMistake =
  /unknown flag|unknown shorthand|flag needs an argument|invalid argument|unknown command|accepts \d|requires at least|if any flags in the group/

/** cli/errors-once: an error is said once, on stderr, after `Error: `; usage only for mistakes in flags and arguments. */
function errorsOnce(stderr: string): string {
  const start = stderr.indexOf('Error: ')
  if (start < 0) return stderr
  const lines = stderr
    .slice(start + 'Error: '.length)
    .trimEnd()
    .split('\n')
  for (let count = Math.floor(lines.length / 2); count > 0; count--) {
    const isRepeated = lines.slice(-count).join('\n') === lines.slice(0, count).join('\n')
    if (isRepeated) return `${stderr.slice(0, start)}Error: ${lines.slice(0, -count).join('\n').trimEnd()}\n`
  }
  return stderr
}

/** cli/no-log-lines: our log is our own. */
const withoutLogLines = (stderr: string): string =>
  stderr.replace(/^\d\d:\d\d:\d\d\.\d+ \| (?:INF|DBG|WRN) .*\n(?:(?!\d\d:\d\d|Error: ).*\n)*/gm, '')

/** cli/notices-on-stderr: what is deprecated is said on stderr, so that stdout can be read by programs. */
function noticesOnStderr(stdout: string, stderr: string): [string, string] {
  const notice =
    /^(?:Flag --\S+ has been deprecated, .*\n|Command "\w+" is deprecated, .*\n(?:See the migration guide.*\n)?)/
  const found = notice.exec(stdout)?.[0] ?? ''
  return [stdout.slice(found.length), found + stderr]
}

/** cli/node-results-on-stderr: the title stands where its lines stand. */
function nodeResultsOnStderr(stdout: string, stderr: string): [string, string] {
  const title = '\nJob Results By Node:\n'
  const at = stderr.search(/^\n?• /m)
  if (!stdout.includes(title) || at < 0) return [stdout, stderr]
  return [stdout.replace(title, ''), `${stderr.slice(0, at)}${title}${stderr.slice(at)}`]
}

/** cli/server-errors: the server's sentence, not its response; no login comes before an open server. */
const withoutResponseCodes = (stderr: string): string =>
  stderr
    .replace('failed to authorize user: ', '')
    .replace(
      /Unexpected response code: \d+ \(\{\n {2}"error": ("(?:[^"\\]|\\.)*"),?\n[^]*?\n\}\)/g,
      (_, text: string) => (JSON.parse(text) as string).replace(/^code=\d+, message=/, ''),
    )

/** cli/steps: which steps are seen while waiting depends on the moment; how the last one ended does not. */
function withoutSteps(text: string): string {
  const step =
    /^\t *(?:Communicating with the network|Creating job for submission|Job in progress) {2}\.{16} {2}(done ✅|err {2}❌| {7}) .*$/
  const lines = text.split('\n')
  const ends = lines.flatMap((line) => step.exec(line)?.[1] ?? [])
  const first = lines.findIndex((line) => step.test(line))
  const others = lines.filter((line, index) => index === first || !step.test(line))
  return others.map((line) => (step.test(line) ? `\t<STEPS ${ends.at(-1)?.trim() ?? ''}>` : line)).join('\n')
}

/** Every difference between a run of ours and its recording; [] = the same to a reader, after the decisions. */
export function judge(golden: CliCase, ours: CliRun, compare: Compare): string[] {
  const wanted = expected(golden)
  const out: string[] = []
  if (ours.exit !== wanted.exit)
    out.push(`exit: ${wanted.exit} became ${ours.exit} (${JSON.stringify(ours.stderr.slice(0, 300))})`)
  if (golden.stdoutLines !== undefined) return out
  const [usage, stderr] = splitUsage(ours.stderr)
  if (wanted.hasUsageOnStderr && !golden.pty && !usage) out.push('stderr: usage text expected')
  const document = documentOf(golden)
  if (document) out.push(...compareDocuments(document, wanted.stdout, ours.stdout, compare))
  else out.push(...texts('stdout', ...comparedOutput(golden, wanted.stdout, ours.stdout), compare))
  if (!golden.pty) out.push(...texts('stderr', wanted.stderr, withoutHint(stderr, wanted.stderr), compare))
  return out
}

function texts(name: string, golden: string, ours: string, { sameText, finalOutput }: Compare): string[] {
  const plain = (text: string) => comparable(withoutSteps(finalOutput(text)))
  return sameText(plain(golden), plain(ours)).map((line) => `${name}: ${line}`)
}

/** What varies beyond the masks of the recordings: requests, tokens, and sentences that are Docker's own. */
function comparable(text: string): string {
  const masked = text
    .replace(/\b(?:Get|Put|Post|Delete) "http:[^"]*"/g, '<REQUEST>')
    .replace(/--next-token [\w-]+/g, '--next-token <TOKEN>')
  if (!/response\s+from\s+daemon/.test(masked)) return masked
  const unwrapped = masked.replace(/\n {3,}/g, ' ')
  return unwrapped.replace(/Error response from daemon: .*/g, '<DOCKER>')
}

/** Listed jobs are those of the cluster; the two streams of a program come in any order. */
function comparedOutput({ argv }: CliCase, golden: string, ours: string): [string, string] {
  const path = argv.slice(1, 3).join(' ')
  const isLogs = path === 'job logs' || argv.includes('--follow')
  if (isLogs) return [sortedLines(golden), sortedLines(ours)]
  return path === 'job list' ? [withoutItems(golden), withoutItems(ours)] : [golden, ours]
}

const sortedLines = (text: string): string => text.replaceAll('\r\n', '\n').split('\n').sort().join('\n')
const withoutItems = (text: string): string =>
  text
    .replace(/\b(?:docker|wasm|flibble|noop)\b/g, '<ENGINE>')
    .replace(/\b(?:batch|ops|service|daemon)\b/g, '<TYPE>')
    .replace(/\b(?:Pending|Queued|Running|Completed|Failed|Stopped)\b/g, '<STATE>')

const splitUsage = (stderr: string): [string | undefined, string] => {
  const at = stderr.search(/^Usage:/m)
  return at < 0 ? [undefined, stderr] : [stderr.slice(at), stderr.slice(0, at).trimEnd().concat('\n')]
}

/** cli/hints: an error may be followed by what can be done about it. */
const withoutHint = (stderr: string, golden: string): string =>
  golden.includes('Hint:') ? stderr : stderr.replace(/^Hint: .*\n?/gm, '')

const documentOf = ({ argv, exit }: CliCase): 'json' | 'yaml' | undefined => {
  if (exit !== 0 || argv.includes('--dry-run')) return undefined
  const isYamlByDefault = ['agent alive', 'agent node', 'node describe'].includes(argv.slice(1, 3).join(' '))
  if (isYamlByDefault && !argv.includes('--output')) return 'yaml'
  const at = argv.findIndex((word) => word === '--output' || word.startsWith('--output='))
  const format = argv[at]?.split('=')[1] ?? argv[at + 1]
  return at >= 0 && (format === 'json' || format === 'yaml') ? format : undefined
}

/** cli/next-token: the hint about more records is on stderr beside documents. */
const withoutPagingHint = (text: string): string => text.replace(/\nTo fetch more records use `--next-token \S+`\n/, '')

/** Ours may have more keys: a superset of what was recorded. */
function compareDocuments(kind: 'json' | 'yaml', golden: string, ours: string, { sameShape }: Compare): string[] {
  const read = (text: string): unknown => (kind === 'json' ? JSON.parse(text) : parseYaml(text, { intAsBigInt: false }))
  try {
    return sameShape(read(withoutPagingHint(golden)), read(ours), { extraKeys: 'allow' })
  } catch (error) {
    return [`stdout: no ${kind}: ${String(error)} in ${ours.slice(0, 200)}`]
  }
}

/** What lies in the working directory afterwards, where that was recorded. */
export function judgeFiles(golden: CliCase, ours: ReadonlyMap<string, string>, { mask }: Compare): string[] {
  const wanted = (golden.after?.files ?? []).flatMap((file) => (typeof file === 'string' ? [] : [file]))
  const [here, there] = [[...ours.keys()].map(mask), wanted.map(({ path }) => mask(path))]
  const out = there.filter((path) => !here.includes(path)).map((path) => `files: ${path} is missing`)
  out.push(...here.filter((path) => !there.includes(path)).map((path) => `files: ${path} is new`))
  const byName = new Map([...ours].map(([path, text]) => [mask(path), text]))
  for (const { path, text } of wanted) {
    const mine = byName.get(mask(path))
    if (text !== undefined && mine !== undefined && mine !== text)
      out.push(`files: ${path} holds ${JSON.stringify(mine)}`)
  }
  return out
}
