import { equal, match } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newNonce, outputJob, printJob, sleepJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'
import { describe, isIn, type ShownExecution } from './shown-job.ts'

/** Logs, ends and results. */
export const runningJobs: readonly Use<RealCli>[] = [
  {
    name: '`job logs` of a job that has ended, also of one execution',
    async run(cli) {
      const nonce = newNonce()
      const id = await cli.finish(printJob(nonce))
      const bothLines = new RegExp(`^(?:${nonce}|warning ${nonce})$[\\s\\S]*^(?:${nonce}|warning ${nonce})$`, 'm')
      match(await cli.ok(['job', 'logs', id]), bothLines)
      const [execution] = await cli.json<ShownExecution[]>(['job', 'executions', id])
      match(await cli.ok(['job', 'logs', id, '--execution-id', execution?.ID ?? '']), bothLines)
      match(await cli.ok(['job', 'logs', '--follow', id]), bothLines)
    },
  },
  {
    name: '`job logs -f` of a running job follows it until it is stopped',
    async run(cli) {
      const id = await cli.submit(sleepJob())
      await isIn(cli, id, 'Running')
      const follower = cli.start(['job', 'logs', '-f', id])
      await follower.says(/^sleeping$/m)
      await cli.ok(['job', 'stop', id])
      const { code } = await follower.ended
      equal(code, 0, follower.said)
    },
  },
  {
    name: 'who leaves `job logs -f` leaves the job running and the server working',
    async run(cli) {
      const id = await cli.submit(sleepJob())
      const follower = cli.start(['job', 'logs', '-f', id])
      await follower.says(/^sleeping$/m)
      await follower.end('SIGINT')
      await cli.finish(printJob(newNonce()))
      equal((await describe(cli, id)).Job.State.StateType, 'Running')
      match(await cli.ok(['job', 'logs', id]), /^sleeping$/m)
      await cli.ok(['job', 'stop', '--quiet', id])
    },
  },
  {
    name: '`job stop` ends a running job, and the node goes on working',
    async run(cli) {
      const id = await cli.submit(sleepJob())
      await isIn(cli, id, 'Running')
      match(await cli.ok(['job', 'stop', id]), /Job stop successfully submitted with evaluation ID: [0-9a-f-]{36}/)
      await isIn(cli, id, 'Stopped')
      await cli.finish(printJob(newNonce()))
    },
  },
  {
    name: '`job stop --quiet` by a short id; stopping an ended job says so',
    async run(cli) {
      const id = await cli.submit(sleepJob())
      equal((await cli.ok(['job', 'stop', '--quiet', id.slice(0, 10)])).trim(), '')
      await isIn(cli, id, 'Stopped')
      const { stdout, stderr } = await cli.run(['job', 'stop', id])
      match(stdout + stderr, /Stopped|already|terminal/i)
    },
  },
  {
    name: 'a daemon and a service run until they are stopped',
    async run(cli) {
      const daemon = await cli.submit(sleepJob({ Type: 'daemon', Count: 0 }))
      const service = await cli.submit(sleepJob({ Type: 'service' }))
      for (const id of [daemon, service]) {
        await isIn(cli, id, 'Running')
        await cli.ok(['job', 'stop', id])
        await isIn(cli, id, 'Stopped')
      }
    },
  },
  {
    name: '`job get` fetches the files of a job',
    async run(cli) {
      const nonce = newNonce()
      const id = await cli.finish(outputJob(nonce))
      const said = await cli.run(['job', 'get', id])
      equal(said.code, 0, said.stderr)
      const folder = /^(\/\S+job-j-\S+)$/m.exec(said.stdout)?.[1] ?? ''
      equal(readFileSync(join(folder, 'outputs/file'), 'utf8'), nonce)
      equal(readFileSync(join(folder, 'exitCode'), 'utf8'), '0')
    },
  },
  {
    name: '`job get` of a result that came to the orchestrator over the connection of its node',
    async run(cli) {
      const nonce = newNonce()
      const id = await cli.finish(outputJob(nonce, 'link'))
      const folder = cli.emptyFolder(`kept-${nonce}`)
      await cli.ok(['job', 'get', '--output-dir', folder, id])
      equal(readFileSync(join(folder, 'outputs/file'), 'utf8'), nonce)
    },
  },
  {
    name: '`job get --output-dir`, of one file, and `--raw`',
    async run(cli) {
      const nonce = newNonce()
      const id = await cli.finish(outputJob(nonce))
      const whole = cli.emptyFolder(`whole-${nonce}`)
      await cli.ok(['job', 'get', '--output-dir', whole, id])
      equal(readFileSync(join(whole, 'outputs/file'), 'utf8'), nonce)
      const one = cli.emptyFolder(`one-${nonce}`)
      await cli.ok(['job', 'get', '--output-dir', one, `${id}/outputs/file`])
      equal(readFileSync(join(one, 'outputs/file'), 'utf8'), nonce)
      await cli.ok(['job', 'get', '--raw', '--output-dir', cli.emptyFolder(`raw-${nonce}`), id])
    },
  },
]
