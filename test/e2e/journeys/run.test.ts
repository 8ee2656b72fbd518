import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
})
afterAll(() => product?.stop())

const id = /j-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/
const stdin = (words: readonly string[], change = {}): { stdin: string } => ({
  stdin: JSON.stringify(toolJob(words, change)),
})
const stateOf = async (job: string): Promise<string> =>
  (await server.json<{ Job: { State: { StateType: string } } }>(['job', 'describe', job])).Job.State.StateType
const running = async (): Promise<string> => {
  const job = await server.submit(toolJob(['sleep', '60000']))
  await until('it runs', async () => (await stateOf(job)) === 'Running')
  return job
}

describe('job run', () => {
  it('prints the id, how it goes, and the commands to go on with [R41, R209]', async () => {
    const { exit, stdout, stderr } = await server.run(['job', 'run'], stdin(['print', 'out', '', '0']))
    const job = id.exec(stdout)?.[0] ?? ''
    expect(exit).toBe(0)
    expect(stdout + stderr).toMatch(/done/)
    expect(stdout).toMatch(new RegExp(`job describe ${job}\\n`))
    expect(stdout).toMatch(new RegExp(`job executions ${job}\\n`))
    expect(await stateOf(job)).toBe('Completed')
    const kept = await server.ok(
      ['job', 'run'],
      stdin(['write', '/outputs/a', 'b'], {
        task: { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'o', Path: '/outputs' }] },
      }),
    )
    expect(kept).toMatch(new RegExp(`job get ${id.exec(kept)?.[0]}\\n`))
  })

  it('with --id-only prints the id and nothing else, after the end unless told not to wait [R34, R37, R39]', async () => {
    const waited = await server.run(['job', 'run', '--id-only'], stdin(['print', 'out', 'err', '0']))
    expect(waited.stdout.trim()).toMatch(new RegExp(`^${id.source}$`))
    expect(await stateOf(waited.stdout.trim())).toBe('Completed')
    const job = (await server.ok(['job', 'run', '--id-only', '--wait=false'], stdin(['sleep', '60000']))).trim()
    expect(job).toMatch(new RegExp(`^${id.source}$`))
    expect(await stateOf(job)).not.toBe('Completed')
    await server.ok(['job', 'stop', job])
  })

  it('waits for the end, or returns at once with --wait=false [R37]', async () => {
    const stdout = await server.ok(['job', 'run', '--wait=false'], stdin(['sleep', '60000']))
    const job = id.exec(stdout)?.[0] ?? ''
    expect(['Pending', 'Running']).toContain(await stateOf(job))
    await server.ok(['job', 'stop', job])
  })

  it('stops to wait after --wait-timeout-secs, says so, and leaves the job alone [R38]', async () => {
    const { exit, stdout, stderr } = await server.run(
      ['job', 'run', '--wait-timeout-secs', '1'],
      stdin(['sleep', '60000']),
    )
    const job = id.exec(stdout)?.[0] ?? ''
    expect(exit).toBe(1)
    expect(stderr).toMatch(/1 ?s/)
    await until('it runs', async () => (await stateOf(job)) === 'Running')
    await server.ok(['job', 'stop', job])
    expect(await server.ok(['job', 'run', '--help'])).toMatch(/--wait-timeout-secs int .*\(default 600\)/)
  })

  it('stops to follow after --wait-timeout-secs, where that is given [R33, R38]', async () => {
    const within = (seconds: number) => ['job', 'run', '--follow', '--wait-timeout-secs', String(seconds)]
    const { exit, stdout, stderr } = await server.run(within(1), stdin(['sleep', '60000']))
    expect(exit).toBe(1)
    expect(stderr).toContain('the job is still running after 1s')
    const job = id.exec(stdout)?.[0] ?? ''
    await until('it runs', async () => (await stateOf(job)) === 'Running')
    await server.ok(['job', 'stop', job])
    const short = await server.run(within(60), stdin(['print', 'soon over\n', '', '0']))
    expect([short.exit, short.stderr]).toEqual([0, expect.not.stringContaining('Error')])
    expect(short.stdout).toContain('soon over\n')
  })

  it('with --follow prints the output, also of a program that fails [R33]', async () => {
    const followed = await server.run(['job', 'run', '--follow'], stdin(['print', 'to stdout\n', 'to stderr\n', '3']))
    expect(followed.stdout).toContain('to stdout\n')
    expect(followed.stdout + followed.stderr).toContain('to stderr\n')
  })

  it('with --node-details says what each node did; --id-only wins over it [R35, R39]', async () => {
    const input = stdin(['print', 'said here', '', '0'], { job: { Count: 2 } })
    const shown = await server.run(['job', 'run', '--node-details'], input)
    expect(shown.stderr).toMatch(/Job Results By Node:\n\n• 2 runs on 1 nodes: said here\n/)
    const only = await server.run(['job', 'run', '--node-details', '--id-only'], input)
    expect(only.stdout.trim()).toMatch(new RegExp(`^${id.source}$`))
    expect(only.stderr).not.toMatch(/said here/)
  })

  it('shows warnings of the server when asked [R36]', async () => {
    const job = { ...toolJob(['print', 'x', '', '0']), Meta: { 'bacalhau.org/mine': 'no' } }
    const input = { stdin: JSON.stringify(job) }
    expect(await server.ok(['job', 'run', '--show-warnings'], input)).toMatch(/bacalhau\.org\/mine/)
    expect(await server.ok(['job', 'run'], input)).not.toMatch(/bacalhau\.org\/mine/)
  })

  it('says in plain words what is wrong with a job, and exits with 1 [R78]', async () => {
    const { exit, stderr } = await server.run(['job', 'run'], {
      stdin: 'Type: batch\nCount: 1\nTaskz: []\n',
    })
    expect(exit).toBe(1)
    expect(stderr).toMatch(/Taskz[\s\S]*line 3/)
  })
})

describe('job stop', () => {
  it('ends a job by its full and by its short id [R12, R25]', async () => {
    for (const shorten of [(job: string) => job, (job: string) => job.slice(0, 10)]) {
      const job = await running()
      expect(await server.ok(['job', 'stop', shorten(job)])).toMatch(
        /Job stop successfully submitted with evaluation ID: \S+\n/,
      )
      const shown = await ended(server.port, job)
      expect(shown.Job.State.StateType).toBe('Stopped')
      await until('its execution is cancelled', async () => {
        const { Executions } = await ended(server.port, job)
        return Executions.Items.every(({ ComputeState }) => ComputeState.StateType === 9)
      })
      expect(await server.ok(['job', 'describe', job.slice(0, 10)])).toContain(job)
    }
  })

  it('with --quiet says nothing at all; the exit code tells [R26]', async () => {
    const job = await running()
    expect(await server.run(['job', 'stop', '--quiet', job])).toEqual({ exit: 0, stdout: '', stderr: '' })
    await ended(server.port, job)
    expect(await server.run(['job', 'stop', '--quiet', 'j-00000000'])).toEqual({ exit: 1, stdout: '', stderr: '' })
  })

  it('of a job that has ended says so and changes nothing', async () => {
    const job = await server.submit(toolJob(['print', '', '', '0']))
    await ended(server.port, job)
    const { exit, stderr } = await server.run(['job', 'stop', job])
    expect([exit, await stateOf(job)]).toEqual([1, 'Completed'])
    expect(stderr).toMatch(/already in a terminal state/)
  })
})
