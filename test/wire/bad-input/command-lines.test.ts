import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CommandLine, commandLine } from '../../kit/command-line.ts'
import { type GoldenCluster, startGoldenCluster } from '../../kit/golden-cluster.ts'
import { plainHttp, waitingJob } from '../../kit/plain-http.ts'
import { unclear } from './judge.ts'
import { type OddCommand, oddCommands } from './odd-flags.ts'
import { replay } from './seed.ts'

let cluster: GoldenCluster
let job: string
beforeAll(async () => {
  cluster = await startGoldenCluster()
  job = (await submit(waitingJob({ Name: 'waits' }))).json.JobID
}, 60_000)
afterAll(() => cluster.stop())

const { get, submit } = plainHttp(() => cluster.port)
const odd = await oddCommands()

const jobFile =
  'type: batch\ncount: 1\ntasks: [{name: main, engine: {type: noop}}]\nconstraints: [{key: never, operator: exists}]\n'

/** Words with which a command would do what it is for; how long is not of interest, so nothing waits. */
function plainWords({ path, command }: OddCommand): string[] {
  if (command.isDaemon) return []
  if (path === 'config set') return ['API.Host', '127.0.0.1']
  if (path === 'exec') return ['python', '--wait=false', '--', '1']
  if (path === 'docker run') return ['--wait=false', 'busybox', 'true']
  if (path === 'wasm run') return ['--wait=false', 'main.wasm']
  if (path === 'wasm validate') return ['main.wasm']
  if (path === 'job run' || path === 'job validate')
    return [...(path === 'job run' ? ['--wait=false'] : []), 'job.yaml']
  if (command.completes === 'job') return [job]
  if (command.completes === 'node') return ['n-none']
  return Array.from({ length: command.args.min ?? 0 }, () => 'x')
}

/** A node is not started for each: its data folder cannot be one, which is found out when all its settings were read. */
const hindrance = ({ path, command }: OddCommand): string[] =>
  command.isDaemon ? (path === 'devstack' ? ['--stack-repo', 'job.yaml'] : ['--data-dir', 'job.yaml']) : []

function workFolder(): CommandLine {
  const line = commandLine()
  writeFileSync(join(line.cwd, 'job.yaml'), jobFile)
  writeFileSync(join(line.cwd, 'main.wasm'), Buffer.from('0061736d01000000', 'hex'))
  return line
}

/** Runs a line as far as a user would wait, and says what was wrong with what it said. */
async function complaintOf(line: CommandLine, args: readonly string[]): Promise<string | undefined> {
  const env = { BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: String(cluster.port) }
  const interrupted = AbortSignal.timeout(3_000)
  const run = await line.run(args, { env, stdin: '', interrupted }).catch((error: Error) => error)
  if (run instanceof Error) return `a bug: ${run.stack?.slice(0, 600)}`
  if (run.code === 0) return undefined
  if (run.code !== 1) return `exit code ${run.code}: ${run.stderr.slice(0, 300)}`
  if (args.includes('--quiet') && run.stderr === '') return undefined
  const sentence = /Error: ([^\n]*)/.exec(run.stderr)?.[1] ?? run.stderr
  return unclear(sentence, args.join(' '))
}

describe('command lines that are wrong', () => {
  it.each(odd.map((each) => [each.path, each] as const))(
    'end well or with one clear sentence, never with a stack: %s',
    async (path, each) => {
      const line = workFolder()
      const lines = [
        ...each.flags
          .flatMap(({ lines: words }) => words)
          .map((words) => [...words, ...hindrance(each), ...plainWords(each)]),
        ...each.operands.map((words) => [...hindrance(each), ...words]),
      ]
      const found: string[] = []
      for (const words of lines) {
        const args = [...path.split(' '), ...words]
        const what = await complaintOf(line, args)
        if (what !== undefined) found.push(`${what}\n    ${JSON.stringify(args).slice(0, 600)}`)
      }
      expect(found, replay(`lines of ${path}`, lines.length)).toEqual([])
      expect((await get('/agent/alive')).json).toEqual({ Status: 'OK' })
    },
  )

  it('start no cluster that this machine could not hold', async () => {
    for (const count of ['-1', '101', '9223372036854775807']) {
      const { code, stderr } = await workFolder().run(['devstack', `--computes=${count}`])
      expect(code).toBe(1)
      expect(stderr).toMatch(/^Error: a devstack has 0 to 100 compute nodes, not .*\nHint: Start further ones/)
    }
  })

  it('leave nothing behind when a flag is refused', async () => {
    for (const { path, flags } of odd) {
      const strict = flags.find(({ type }) => ['bool', 'int', 'uint', 'uint32', 'duration'].includes(type))
      if (!strict) continue
      const line = workFolder()
      const run = await line.run([...path.split(' '), `--${strict.name}=odd!`, 'x'])
      expect(run.code, path).toBe(1)
      expect(run.stdout, path).toBe('')
      expect(run.stderr, path).toContain('invalid argument "odd!" for')
      expect(readdirSync(line.cwd).sort(), path).toEqual(['job.yaml', 'main.wasm'])
    }
  })

  it('are at least twenty for every type of flag', () => {
    const flags = odd.flatMap((each) => each.flags)
    const byType = Map.groupBy(flags, ({ type }) => type)
    const counts = [...byType].map(
      ([type, all]) => [type, all.reduce((sum, { lines }) => sum + lines.length, 0)] as const,
    )
    expect(counts.filter(([, count]) => count < 20)).toEqual([])
  })
})
