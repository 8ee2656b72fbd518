import { findOldKey } from '#config/flatten.ts'
import { buildInfo } from '#lib/build-info.ts'
import type { CliCase } from './cli-cases.ts'
import { settingLines } from './cli-config.ts'

/** A run as it is compared: what was recorded, and what ours gave. */
export type Compared = { exit: number; stdout: string; stderr: string }
type Pair = readonly [recorded: Compared, ours: Compared]

/**
 * Decisions that hold for whole classes of output. Each is a row "everywhere" of docs/compat.md; what they do not cover
 * is listed there by its case.
 */
export const rules: Readonly<Record<string, (pair: Pair, golden: CliCase) => Pair>> = {
  'own-version': ([recorded, ours]) => [onStdout(recorded, ofOurVersion), ours],
  'errors-once': ([recorded, ours]) => [recorded.exit === 0 ? recorded : errorsOnce(recorded), ours],
  'log-lines': ([recorded, ours]) => [onStderr(recorded, withoutLogLines), ours],
  'serve-words': ([recorded, ours], { argv }) => [recorded, argv[1] === 'serve' ? onStderr(ours, onlyErrors) : ours],
  'notices-on-stderr': ([recorded, ours]) => [noticesOnStderr(recorded), ours],
  'node-results-on-stderr': ([recorded, ours]) => [nodeResultsOnStderr(recorded), ours],
  'next-token-on-stderr': ([recorded, ours], { argv }) => [
    isDocument(argv) ? pagingHintOnStderr(recorded) : recorded,
    ours,
  ],
  'server-errors': ([recorded, ours]) => [onStderr(recorded, withoutResponseCodes), ours],
  'unknown-job': ([recorded, ours]) => [
    onStderr(recorded, (text) => text.replace(jobNotFound, 'job not found: ')),
    ours,
  ],
  'job-version': ([recorded, ours]) => [
    onStdout(recorded, (text) => text.replace(/^Version {7}= 0$/m, 'Version       = 1')),
    ours,
  ],
  'config-list': (pair, { argv, exit }) => (isSettings(argv) && exit === 0 ? onSettings(pair, argv) : pair),
  'idle-settings': (pair, { argv, exit }) => (isSettings(argv) && exit === 0 ? withoutIdleSettings(pair) : pair),
  hints: (pair, { pty }) => withOwnHints(pair, pty ? 'stdout' : 'stderr'),
  steps: ([recorded, ours]) => [onStdout(recorded, withoutSteps), onStdout(ours, withoutSteps)],
}

export const isSettings = (argv: readonly string[]): boolean => argv[1] === 'config' && argv[2] === 'list'

/** Ours has the keys of both generations, and says where a value comes from. */
function onSettings([recorded, ours]: Pair, argv: readonly string[]): Pair {
  const [there, here] = settingLines(recorded.stdout, ours.stdout, formatOf(argv))
  return [
    { ...recorded, stdout: there },
    { ...ours, stdout: here },
  ]
}

/** What no longer does anything has no default; what was given is shown. */
function withoutIdleSettings([recorded, ours]: Pair): Pair {
  const idle = ours.stdout.split('\n').flatMap((line) => /^([\w.]+): (?:"")?$/.exec(line)?.[1] ?? [])
  const isIdle = (line: string) => {
    const key = line.slice(0, line.indexOf(':'))
    return idle.includes(key) && findOldKey(key)?.to.length === 0
  }
  const plain = (text: string) =>
    text
      .split('\n')
      .filter((line) => !isIdle(line))
      .join('\n')
  return [onStdout(recorded, plain), onStdout(ours, plain)]
}

const onStdout = (run: Compared, change: (text: string) => string): Compared => ({ ...run, stdout: change(run.stdout) })
const onStderr = (run: Compared, change: (text: string) => string): Compared => ({ ...run, stderr: change(run.stderr) })

const ofOurVersion = (text: string): string =>
  text.replaceAll('v1.4.0', buildInfo.GitVersion).replace(/("?Minor"?: ?)"4"/g, `$1"${buildInfo.Minor}"`)

/** Usage stands on stdout between two copies of the error. */
function errorsOnce(run: Compared): Compared {
  const stdout = run.stdout.replace(/\{\{USAGE[^}]*\}\}\n?/, '')
  const start = run.stderr.indexOf('Error: ')
  if (start < 0) return { ...run, stdout }
  const lines = run.stderr
    .slice(start + 'Error: '.length)
    .split('\n')
    .map((line) => line.trimEnd())
  while (lines.at(-1) === '') lines.pop()
  for (let count = Math.floor(lines.length / 2); count > 0; count--) {
    if (lines.slice(-count).join('\n') !== lines.slice(0, count).join('\n')) continue
    const message = lines.slice(0, -count).join('\n').trimEnd()
    return { ...run, stdout, stderr: `${run.stderr.slice(0, start)}Error: ${message}\n` }
  }
  return { ...run, stdout }
}

const withoutLogLines = (stderr: string): string =>
  stderr
    .replace(/^\d\d:\d\d:\d\d\.\d+ \| (?:INF|DBG|WRN) .*\n(?:(?!\d\d:\d\d|Error: |SDK ).*\n)*/gm, '')
    .replace(/^SDK \d{4}.*\n/gm, '')

/** What a node says of itself while it starts and runs. */
const onlyErrors = (stderr: string): string => stderr.slice(Math.max(0, stderr.search(/^Error: |$(?![^])/m)))

/** Deprecation, so that stdout can be read by programs. */
function noticesOnStderr(run: Compared): Compared {
  const notice =
    /^(?:Flag --\S+ has been deprecated, .*\n|Command "\w+" is deprecated, .*\n(?:See the migration guide.*\n)?)/
  const found = notice.exec(run.stdout)?.[0] ?? ''
  return { ...run, stdout: run.stdout.slice(found.length), stderr: found + run.stderr }
}

/** The title stands where its lines stand. */
function nodeResultsOnStderr(run: Compared): Compared {
  const title = '\nJob Results By Node:\n'
  const at = run.stderr.search(/^\n?• /m)
  if (!run.stdout.includes(title) || at < 0) return run
  const stderr = `${run.stderr.slice(0, at)}${title}${run.stderr.slice(at)}`
  return { ...run, stdout: run.stdout.replace(title, ''), stderr }
}

export const formatOf = (argv: readonly string[]): string | undefined => {
  const at = argv.findIndex((word) => word === '--output' || word.startsWith('--output='))
  return at < 0 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1])
}
const isDocument = (argv: readonly string[]): boolean => ['json', 'yaml', 'csv'].includes(formatOf(argv) ?? '')

function pagingHintOnStderr(run: Compared): Compared {
  const hint = /\nTo fetch more records use `--next-token \S+`\n/.exec(run.stdout)?.[0]
  return hint ? { ...run, stdout: run.stdout.replace(hint, ''), stderr: run.stderr + hint } : run
}

/** The server's sentence, not its response; no login comes before an open server. */
const withoutResponseCodes = (stderr: string): string =>
  stderr
    .replace('failed to authorize user: ', '')
    .replace(
      /Unexpected response code: \d+ \(\{\n {2}"error": ("(?:[^"\\]|\\.)*"),?\n[^]*?\n\}\)/g,
      (_, text: string) => (JSON.parse(text) as string).replace(/^code=\d+, message=/, ''),
    )

const jobNotFound = /Job not found\. ID: /

/** What can be done is said in words of our own, and more often. */
function withOwnHints([recorded, ours]: Pair, stream: 'stdout' | 'stderr'): Pair {
  const plain = (run: Compared): Compared => ({
    ...run,
    [stream]: run[stream].replace(/(?:^\n)?^ *Hint: .*(?:\n {7,}\S.*)*\n?/gm, ''),
  })
  return [plain(recorded), plain(ours)]
}

/** Which steps are seen while waiting depends on the moment; how the last one ended does not. */
function withoutSteps(text: string): string {
  const step =
    /^\t *(?:Communicating with the network|Creating job for submission|Job in progress) {2}\.{16} {2}(done ✅|err {2}❌| {7}) .*$/
  const lines = text.split('\n')
  const ends = lines.flatMap((line) => step.exec(line)?.[1] ?? [])
  const first = lines.findIndex((line) => step.test(line))
  const others = lines.filter((line, index) => index === first || !step.test(line))
  return others.map((line) => (step.test(line) ? `\t<STEPS ${ends.at(-1)?.trim() ?? ''}>` : line)).join('\n')
}
