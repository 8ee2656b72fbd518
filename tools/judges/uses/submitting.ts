import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { modulePath } from '../../../test/kit/product.ts'
import { failingJob, newNonce, printJob, toolJob, unplaceableJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'
import { describe, idIn, outputOf, type ShownExecution } from './shown-job.ts'

const hello = modulePath('hello.wasm')
const tool = modulePath('tool.wasm')

/** How jobs get in. */
export const submitting: readonly Use<RealCli>[] = [
  {
    name: '`job run` waits for the end and says how to go on',
    async run(cli) {
      const nonce = newNonce()
      const said = await cli.ok(['job', 'run', '--wait', cli.jobFile(printJob(nonce))])
      match(said, /Job successfully submitted/)
      match(said, /job describe j-/)
      match(said, cli.isOld ? /done ✅/ : /Completed successfully/)
      equal(await outputOf(cli, idIn(said)), `${nonce}\n`)
    },
  },
  {
    name: '`job run` of JSON from standard input',
    async run(cli) {
      const nonce = newNonce()
      equal(
        await outputOf(cli, idIn(await cli.ok(['job', 'run'], { stdin: cli.jobFile(printJob(nonce)) }))),
        `${nonce}\n`,
      )
    },
  },
  {
    name: '`job run` of a YAML file with template variables',
    async run(cli) {
      const nonce = newNonce()
      const text = JSON.stringify(printJob('{{.nonce}}')(cli.isOld), null, 2)
      const file = cli.file('template.yaml', text)
      equal(await outputOf(cli, idIn(await cli.ok(['job', 'run', '-V', `nonce=${nonce}`, file]))), `${nonce}\n`)
    },
  },
  {
    name: '`job run --id-only` prints an id and nothing else',
    async run(cli) {
      match(await cli.ok(['job', 'run', '--id-only', cli.jobFile(printJob(newNonce()))]), /^j-[0-9a-f-]{36}\s*$/)
    },
  },
  {
    name: '`job run --wait=false` does not wait',
    async run(cli) {
      const id = idIn(await cli.ok(['job', 'run', '--wait=false', cli.jobFile(unplaceableJob())]))
      match((await describe(cli, id)).Job.State.StateType, /Pending|Queued|Failed/)
    },
  },
  {
    name: '`job run --follow` prints the output of the job',
    async run(cli) {
      const nonce = newNonce()
      const said = await cli.ok(['job', 'run', '--follow', cli.jobFile(printJob(nonce))])
      match(said, new RegExp(`^${nonce}$`, 'm'))
      match(said, new RegExp(`^warning ${nonce}$`, 'm'))
    },
  },
  {
    name: '`job run --node-details` names where it ran',
    async run(cli) {
      const { stdout, stderr } = await cli.run(['job', 'run', '--node-details', cli.jobFile(printJob(newNonce()))])
      match(stdout + stderr, /Job Results By Node:[\s\S]*(?:both|edge)/)
    },
  },
  {
    name: '`job run` of three copies, on both nodes (ops), and of a job that none can take',
    async run(cli) {
      const three = await cli.finish(printJob(newNonce(), { Count: 3 }))
      equal((await executionsOf(cli, three)).length, 3)
      const ops = await cli.finish(printJob(newNonce(), { Type: 'ops', Count: 0 }))
      deepEqual(new Set((await executionsOf(cli, ops)).map(({ NodeID }) => NodeID)), new Set(['both', 'edge']))
      const said = await cli.run(['job', 'run', cli.jobFile(unplaceableJob())])
      match(said.stdout + said.stderr, /not enough nodes|no suitable|0 of 1|zone/i)
    },
  },
  {
    name: '`job run` of a program that fails shows its exit code',
    async run(cli) {
      const nonce = newNonce()
      const said = await cli.run(['job', 'run', cli.jobFile(failingJob(nonce))])
      const [execution] = await executionsOf(cli, idIn(said.stdout))
      equal(execution?.RunOutput?.ExitCode, 3)
      match(execution?.RunOutput?.stderr ?? '', new RegExp(nonce))
    },
  },
  {
    name: '`job run` of what the server refuses says why',
    async run(cli) {
      const refused = toolJob(['print', '', '', '0'], { job: { Type: 'daemon', Count: 5 } })
      match(await cli.refused(['job', 'run', cli.jobFile(refused)]), /count/i)
    },
  },
  {
    name: '`job run --dry-run` submits nothing',
    async run(cli) {
      const nonce = newNonce()
      await cli.ok(['job', 'run', '--dry-run', cli.jobFile(printJob(nonce, { Labels: { dry: nonce } }))])
      deepEqual(await cli.json(['job', 'list', '--labels', `dry=${nonce}`]), [])
    },
  },
  {
    name: '`job validate`',
    async run(cli) {
      match(await cli.ok(['job', 'validate', cli.jobFile(printJob(newNonce()))]), /OK/)
    },
  },
  {
    name: '`wasm run` of a module of the user',
    async run(cli) {
      equal(await outputOf(cli, idIn(await cli.ok(['wasm', 'run', hello]))), 'hello from wasm\n')
    },
  },
  {
    name: '`wasm run --follow` with arguments, a variable and an input',
    async run(cli) {
      const nonce = newNonce()
      const printed = await cli.ok(['wasm', 'run', '--follow', tool, '--', 'print', `${nonce}\n`, '', '0'])
      match(printed, new RegExp(`^${nonce}$`, 'm'))
      match(
        await cli.ok(['wasm', 'run', '--follow', '-e', `SAID=${nonce}`, tool, 'variable', 'SAID']),
        new RegExp(nonce),
      )
      const input = inputFile(cli, nonce)
      match(
        await cli.ok(['wasm', 'run', '--follow', '-i', `${input}:/in.txt`, tool, 'cat', '/in.txt']),
        new RegExp(nonce),
      )
    },
  },
]

const executionsOf = async (cli: RealCli, id: string) => cli.json<ShownExecution[]>(['job', 'executions', id])

/** A file that the nodes may read, as an input names it. */
function inputFile(cli: RealCli, text: string): string {
  const path = cli.file(`../inputs/${text}.txt`, `${text}\n`)
  ok(readFileSync(path, 'utf8').includes(text))
  return `file://${path}`
}
