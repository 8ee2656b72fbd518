import { goJson } from '#api/encode/go-json.ts'
import { Fault } from '#lib/fault.ts'
import { stringifyJson } from '#lib/json/stringify.ts'
import { shortId } from '#lib/short-id.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { type Cli, defineCommand, exactly } from '../../command.ts'
import { bool, duration, text } from '../../flags.ts'
import type { Out } from '../../out.ts'
import { type FetchFlags, fetchResults } from '../../results/fetch-results.ts'
import { needPlace, printFile } from '../../results/one-file.ts'
import { supportedTypes } from '../../results/published-results.ts'
import { type Result, resultsOf } from '../../results/results-of.ts'
import { awayText, whileAway } from '../../results/while-away.ts'
import { idArgument } from '../../shared/id-argument.ts'
import { namespaceFlag, namespaceQuery } from '../../shared/which-job.ts'
import { during } from '../../shared/wrap-error.ts'
import { fitted, tell } from '../../tell.ts'

const fiveMinutes = 300_000_000_000n

type Got =
  | { readonly kind: 'written'; readonly folder: string; readonly shared: readonly string[] }
  | { readonly kind: 'printed' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unsupported'; readonly results: readonly SpecConfig[] }

export const command = defineCommand({
  use: '[id][/path]',
  long:
    'Downloads the published results of a job, or its output when nothing was published. The results of several\n' +
    'executions stand in a folder each, with a merged view beside them.\n' +
    'What breaks, or is broken off, goes on where it was when the same command is given again. With the path of a file\n' +
    'behind the id and `--output-dir -` that file alone is written to stdout; of a file that several executions have, the path\n' +
    'begins with the short id of one of them.',
  examples: [
    ['into a folder named after the job', 'job get j-51225160'],
    ['into a folder of yours', 'job get --output-dir ./out j-51225160'],
    ['one file to stdout', 'job get --output-dir - j-51225160/outputs/answer.txt'],
  ],
  args: exactly(1),
  isVerbatim: ({ flags }) => flags['output-dir'] === '-',
  completes: 'job',
  flags: {
    ...namespaceFlag,
    'output-dir': text('', 'Existing folder to write to; default: ./job-ID; -: stdout, for one file'),
    raw: bool(false, 'Write the results of each execution below raw/ and do not merge them'),
    'download-timeout-secs': duration(fiveMinutes, 'Longest time the download may take: 90s, 10m'),
    'ipfs-connect': text('', 'Address of the IPFS node', { setting: 'Node.IPFS.Connect' }),
  },
  async run({ args, flags }, cli): Promise<Got> {
    const { id, path } = asked(await idArgument(args, cli))
    const isPrinted = flags['output-dir'] === '-'
    if (isPrinted && path === '') throw noPath(id)
    tell(cli.stderr, `Fetching results of job '${id}'...`)
    const listed = listPatiently(() => resultsOf(id, namespaceQuery(flags), cli), cli)
    const results = await during(`could not get results for job ${id}`, listed)
    if (results.length === 0) return { kind: 'nothing' }
    const supported = await supportedTypes(cli)
    const unsupported = results.some(({ published }) => published && !supported.includes(published.Type.toLowerCase()))
    if (unsupported) return { kind: 'unsupported', results: results.flatMap(({ published }) => published ?? []) }
    const folder = flags['output-dir'] || cli.resolve(`job-${shortId(id)}`)
    const wanted = fetchFlags(flags, folder)
    if (isPrinted) {
      await during('downloading job', printFile(results, path, wanted, cli))
      return { kind: 'printed' }
    }
    const shared = await during('downloading job', fetchResults(results, wanted, cli))
    if (path !== '') await during('downloading job', needPlace(results, path, wanted, cli))
    return { kind: 'written', folder, shared }
  },
  show(got, { args: [given = ''] }, cli) {
    if (got.kind === 'printed') return
    const { id } = asked(given)
    if (got.kind === 'nothing') return cli.stdout.write(nothingText(id, cli))
    if (got.kind === 'unsupported') return cli.stderr.write(unsupportedText(got.results, cli.stderr))
    if (got.shared.length > 0) {
      const names = got.shared.slice(0, 3).map(onOneLine).join(', ')
      const files =
        got.shared.length === 1
          ? 'A file of several executions is'
          : `${got.shared.length} files of several executions are`
      tell(cli.stderr, `${files} only in their folders: ${names}${got.shared.length > 3 ? ', …' : ''}`)
    }
    tell(cli.stdout, `Results for job '${id}' have been written to...\n${got.folder}`)
  },
})

/** A server that is away is waited for, as it is once something comes. */
function listPatiently(list: () => Promise<Result[]>, { clock, interrupted: signal, stderr }: Cli): Promise<Result[]> {
  const startMs = clock.monotonicMs()
  let isTold = false
  const onAway = (error: unknown) => {
    if (!isTold) tell(stderr, awayText(error))
    isTold = true
  }
  return whileAway(list, { clock, signal, heardAtMs: () => startMs, onAway })
}

/** `ID/path/in/results`; '' = no file in particular. */
function asked(given: string): { id: string; path: string } {
  const [id = '', ...path] = given.split('/')
  return { id, path: path.join('/') }
}

const noPath = (id: string): Fault =>
  new Fault('ValidationError', 'only one file can be written to stdout', {
    hint: `Name it behind the id: ${id}/stdout`,
  })

const fetchFlags = (
  flags: { raw: boolean; 'output-dir': string; 'download-timeout-secs': bigint },
  folder: string,
): FetchFlags => ({
  folder,
  mustExist: flags['output-dir'] !== '',
  isRaw: flags.raw,
  timeoutMs: Number(flags['download-timeout-secs'] / 1_000_000n),
})

const nothingText = (id: string, { program, stdout }: Cli): string =>
  `No results found\n${fitted('You can check the logged output of the job using the logs command.', stdout)}\n\n  ${program} job logs ${id}\n`

/** A name as it is, unless it would break the line. */
const onOneLine = (name: string): string => (/[\n\r\t]/.test(name) ? JSON.stringify(name) : name)

const noDownloader =
  'No supported downloader found for the published results. You will have to download the results differently.'
const hints: Readonly<Record<string, string>> = {
  ipfs: 'Hint: Name an IPFS node that this machine reaches: --ipfs-connect /ip4/127.0.0.1/tcp/5001, or ResultDownloaders.Types.IPFS.Endpoint\n',
  s3managed:
    'Hint: The orchestrator could not sign an address for it: its log tells its operator why (result_not_signed). Try again later.\n',
}
function unsupportedText(results: readonly SpecConfig[], out: Out): string {
  const types = new Set(results.map(({ Type }) => Type.toLowerCase()))
  const hint = [...types].map((type) => fitted(hints[type] ?? '', out)).join('')
  return `${fitted(noDownloader, out)}\n${stringifyJson(JSON.parse(goJson(results)), { indent: 4 })}\n${hint}`
}
