import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { displayWidth } from '#lib/text/display-width.ts'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { modulePath } from '../kit/product.ts'
import { Screen } from '../kit/screen.ts'
import { userOf } from '../kit/user-cli.ts'

let cluster: GoldenCluster
let user: Awaited<ReturnType<typeof userOf>>
beforeAll(async () => {
  cluster = await startGoldenCluster()
  user = await userOf(cluster)
}, 60_000)
afterAll(async () => {
  await user?.leave()
  await cluster?.stop()
})

const id = /j-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/
const program = (...words: string[]) => [modulePath('tool.wasm'), '--', ...words]
const terminal = (cols: number) => ({ pty: { cols, rows: 40 } })
const seen = (stdout: string, cols: number) => new Screen(cols).write(stdout)

/** What a command leaves on a terminal of so many columns. */
async function onTerminal(cols: number, args: readonly string[], env: Record<string, string> = {}) {
  const { exit, stdout } = await user.run(args, { ...terminal(cols), env })
  return { exit, stdout, screen: seen(stdout, cols) }
}

describe('a job that is run on a terminal [R41]', () => {
  it.each([60, 80, 250])('ends with its output on %s columns, and leaves no rubbish', async (cols) => {
    const { exit, screen } = await onTerminal(cols, ['wasm', 'run', ...program('print', '世界\n', 'oops', '3')])
    expect(exit).toBe(0)
    expect([screen.strange, screen.isCursorHidden]).toEqual([[], false])
    const steps = screen.lines.filter((line) => /✅/.test(line))
    expect(steps[0]).toMatch(/^ +Communicating with the network .*done ✅ {2}\d+\.\ds$/)
    const { lines } = screen
    expect(lines.slice(lines.indexOf('Output (exit code 3):')).join('\n').trimEnd()).toBe(
      'Output (exit code 3):\n世界\noops',
    )
  })

  it('shows the last lines of a long output, and how to get the rest', async () => {
    const { screen } = await onTerminal(120, ['wasm', 'run', ...program('flood', '64000', '64')])
    const { lines } = screen
    const output = lines.slice(lines.indexOf('Output:') + 1, lines.indexOf('These are the last lines; all of it:') - 1)
    expect(output).toHaveLength(40)
    const job = id.exec(lines.join('\n'))?.[0]
    expect(lines.at(lines.indexOf('These are the last lines; all of it:') + 1)).toMatch(
      new RegExp(`^ {8}\\S+ job logs ${job}$`),
    )
  })

  it('shows none to scripts, nor where only the id or the log was asked for [R34]', async () => {
    const words = program('print', 'printed\n', '', '0')
    const script = await user.run(['wasm', 'run', ...words])
    expect(script.stdout + script.stderr).not.toMatch(/printed|Output/)
    const only = await onTerminal(80, ['wasm', 'run', '--id-only', ...words])
    expect(only.stdout.trim()).toMatch(new RegExp(`^${id.source}$`))
    const followed = await onTerminal(80, ['wasm', 'run', '--follow', ...words])
    expect(followed.screen.lines.filter((line) => line === 'printed')).toHaveLength(1)
  })

  it('only tells finished steps on a terminal that cannot go back', async () => {
    const { stdout } = await onTerminal(80, ['wasm', 'run', ...program('sleep', '700')], { TERM: 'dumb' })
    expect(stdout).toMatch(/Communicating with the network .*done/)
    expect(stdout).not.toMatch(/🐟|\x1b\[(?:\?25|K)/u)
  })

  it('counts its executions by state while it runs, and goes on after Ctrl-C [R41]', async () => {
    const counts = /\d running|\d starting/
    const { exit, stdout } = await user.run(['wasm', 'run', '--count', '2', ...program('sleep', '60000')], {
      ...terminal(80),
      signal: { name: 'SIGINT', when: (text) => counts.test(text) },
    })
    const screen = seen(stdout, 80)
    expect([exit, screen.isCursorHidden]).toEqual([0, false])
    expect(screen.lines.join('\n')).not.toMatch(counts)
    expect(screen.lines).toContain('Printout canceled (the job is still running).')
    const job = id.exec(stdout)?.[0] ?? ''
    const shown = await user.run(['job', 'describe', job, '--output', 'json'])
    expect(JSON.parse(shown.stdout).Job.State.StateType).toBe('Running')
    await user.run(['job', 'stop', job])
  })
})

/** Lines of tables are in colours; the program ends them itself. */
const rows = (stdout: string): string[] => stdout.split('\r\n').filter((line) => /\x1b\[\d+;\d+m/.test(line))

describe('Ctrl-C', () => {
  it('ends a command whose server does not answer', async () => {
    const silent = createServer()
    onTestFinished(() => void silent.close())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const { exit, stdout } = await user.run(['--api-port', String(port), 'job', 'stop', 'j-12345678'], {
      ...terminal(80),
      signal: { name: 'SIGINT', when: (text) => text.includes('Verifying job state') },
    })
    const screen = seen(stdout, 80)
    expect([exit, screen.isCursorHidden]).toEqual([0, false])
    expect(screen.lines.join('\n')).toMatch(/Verifying job state {2}\.{16} +\d/)
  })
})

describe('tables on a terminal', () => {
  it.each([60, 80, 120, 250])('have no line that %s columns break', async (cols) => {
    const { stdout } = await user.run(['wasm', 'run', '--id-only', ...program('print', '', '', '0')])
    const job = stdout.trim()
    for (const args of [
      ['job', 'list'],
      ['node', 'list'],
      ['job', 'executions', job],
      ['job', 'history', job],
    ]) {
      const table = await onTerminal(cols, [...args, '--limit', '3'])
      expect(rows(table.stdout).length, args.join(' ')).toBeGreaterThan(1)
      expect(
        rows(table.stdout).filter((line) => displayWidth(line) > cols),
        args.join(' '),
      ).toEqual([])
    }
  })

  it('show what others wrote in a way that the terminal does not obey', async () => {
    const { screen } = await onTerminal(80, ['job', 'describe', 'no\x1b[2J\x07such'])
    expect(screen.strange).toEqual([])
    expect(screen.lines.join(' ')).toContain('no\\x1b[2J\\x07such')
  })
})

/** They are copied whole. */
const isCommandLine = (line: string): boolean => /^ {2}\S*bacalhau /.test(line)

/** Nothing in it has an effect; the names are wide. */
const idleJob = {
  Name: '待機中の作業 '.repeat(3).trim(),
  Type: 'ops',
  MaxPerNode: 3,
  Constraints: [{ Key: 'zone', Operator: '=', Values: ['nowhere'] }],
  Tasks: [
    {
      Name: 'main',
      Engine: { Type: 'docker', Params: { Image: 'busybox', Paramters: ['a'], 入力パラメータ: 1 } },
      Timeouts: { QueueTimeout: 5 },
      Network: { Type: 'None', Domains: ['example.org'] },
    },
  ],
}

describe('notices on a terminal', () => {
  it.each([60, 80])('have whole words on %s columns; only commands go on in the next line', async (cols) => {
    const folder = await mkdtemp(join(tmpdir(), 'bacalhau-notices-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const [file, settings] = [join(folder, 'job.json'), join(folder, 'settings.yaml')]
    await writeFile(file, JSON.stringify(idleJob))
    await writeFile(settings, 'Compute:\n  AllocatedCapacityOfThisNode: 3\n')
    const ran = (await user.run(['wasm', 'run', '--id-only', ...program('print', '', '', '3')])).stdout.trim()
    const told: [RegExp, readonly string[]][] = [
      [/Command "list" is deprecated/, ['list', '--limit', '1']],
      [/Flag --concurrency has been deprecated/, ['docker', 'run', '--dry-run', '--concurrency', '2', 'busybox']],
      [/Warning: .* is an old name/, ['config', 'set', 'Node.Compute.Capacity.DefaultJobResourceLimits.CPU', '1']],
      [/Warning: unknown key/, ['job', 'list', '--limit', '1', '-c', settings]],
      [/\* MaxPerNode/, ['job', 'run', '--dry-run', file]],
      [/Paramters \(line 1/, ['job', 'validate', file]],
      [/Left Out/, ['job', 'plan', file]],
      [/--show does not know/, ['node', 'list', '--show', 'something,else']],
      [/Checking job status/, ['wasm', 'run', '--node-details', ...program('print', '', '世界'.repeat(60), '3')]],
      [/Waiting for logs/, ['wasm', 'run', '--follow', ...program('print', 'a\n', '', '0')]],
      [/printed nothing/, ['job', 'logs', ran]],
      [/Hint: /, ['job', 'stop', 'j-00000000-0000']],
      [/Target environment/, ['auth', 'info']],
      [/No results|Results for job/, ['job', 'get', ran]],
    ]
    const broken: string[] = []
    for (const [what, args] of told) {
      const { stdout } = await onTerminal(cols, args)
      expect(stdout.replace(/\s+/g, ' '), args.join(' ')).toMatch(what)
      const lines = stdout.split(/\r?\n/).filter((line) => !isWhole(line) && !isStep(line))
      broken.push(...lines.filter((line) => displayWidth(line) > cols))
    }
    expect(broken).toEqual([])
  })
})

/** Copied whole: a command, what stands in backticks, a single word. */
const isWhole = (line: string): boolean => /^(?:bacalhau .*|`[^`]*`\S*|\S*)$/.test(line.trim())
const isStep = (line: string): boolean => line.includes('\x1b[K')

describe('a short id', () => {
  it('that fits several jobs is refused with some of them and what to do, by every command [R12]', async () => {
    const words = program('print', 'x', '', '0')
    for (const _ of [1, 2]) await user.run(['wasm', 'run', '--id-only', ...words])
    for (const verb of ['describe', 'stop', 'logs', 'get', 'executions', 'history']) {
      const { exit, stderr } = await user.run(['job', verb, 'j-'])
      expect(exit, verb).toBe(1)
      expect(stderr, verb).toMatch(
        /Multiple jobs found for jobID prefix: j-, matching jobIDs: \[j-[\s\S]*\nHint: Use full job ID\n/,
      )
    }
  })
})

describe('help on a terminal', () => {
  it.each([60, 80])('has no text that %s columns break', async (cols) => {
    for (const args of [[], ['job'], ['job', 'run', '--help'], ['serve', '--help']]) {
      const { exit, stdout } = await onTerminal(cols, args)
      const broken = stdout.split('\r\n').filter((line) => displayWidth(line) > cols && !isCommandLine(line))
      expect([exit, broken], args.join(' ')).toEqual([0, []])
      expect(stdout, args.join(' ')).toMatch(/Examples:\r\n {2}# /)
    }
  })
})
