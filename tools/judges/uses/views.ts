import { deepEqual, equal, match } from 'node:assert/strict'
import { failingJob, newNonce, printJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'
import { describe, type ShownExecution } from './shown-job.ts'

type Listed = { ID: string; Name: string }
type Line = { Type: string; ExecutionID?: string; Event?: { Message: string } }

/** How jobs are looked at. */
export const views: readonly Use<RealCli>[] = [
  {
    name: '`job describe` shows state, history, executions and output',
    async run(cli) {
      const nonce = newNonce()
      const id = await cli.finish(printJob(nonce))
      const shown = await cli.ok(['job', 'describe', id])
      match(shown, /State += Completed/)
      match(shown, /Completed = 1/)
      match(shown, /Job submitted/)
      match(shown, /Standard Output/)
      match(shown, new RegExp(nonce))
    },
  },
  {
    name: '`job describe` of a failed job shows the reason',
    async run(cli) {
      const nonce = newNonce()
      const shown = await cli.ok(['job', 'describe', await submitted(cli, nonce)])
      match(shown, /State += (?:Completed|Failed)/)
      match(shown, new RegExp(nonce))
    },
  },
  {
    name: '`job describe --output json` and `yaml`',
    async run(cli) {
      const id = await cli.finish(printJob(newNonce()))
      const { Job } = await describe(cli, id)
      deepEqual([Job.ID, Job.State.StateType, Job.Namespace], [id, 'Completed', 'default'])
      const yaml = await cli.ok(['job', 'describe', id, '--output', 'yaml'])
      match(yaml, new RegExp(`ID: ${id}`))
      match(yaml, /StateType: Completed/)
    },
  },
  {
    name: '`job describe` by a short id, and of an unknown one',
    async run(cli) {
      const id = await cli.finish(printJob(newNonce()))
      equal((await describe(cli, id.slice(0, 10))).Job.ID, id)
      match(await cli.refused(['job', 'describe', 'j-00000000-0000-4000-8000-000000000000']), /not found/)
    },
  },
  {
    name: '`job list` filters by labels',
    async run(cli) {
      const nonce = newNonce()
      const [a, b] = [await labelled(cli, nonce, 'a'), await labelled(cli, nonce, 'b')]
      const listed = async (labels: string) => ids(await cli.json<Listed[]>(['job', 'list', '--labels', labels]))
      deepEqual(new Set(await listed(`of=${nonce}`)), new Set([a, b]))
      deepEqual(await listed(`of=${nonce},which in (b)`), [b])
      deepEqual(await listed(`of=${nonce},which!=b`), [a])
    },
  },
  {
    name: '`job list` orders and pages',
    async run(cli) {
      const nonce = newNonce()
      const all: string[] = []
      for (const which of ['a', 'b', 'c']) all.push(await labelled(cli, nonce, which))
      const list = ['job', 'list', '--labels', `of=${nonce}`]
      deepEqual(ids(await cli.json<Listed[]>([...list, '--order-by', 'created_at'])), all)
      deepEqual(
        ids(await cli.json<Listed[]>([...list, '--order-by', 'created_at', '--order-reversed'])),
        all.toReversed(),
      )
      const first = await cli.ok([...list, '--limit', '2', '--no-style'])
      deepEqual(shortIds(first), all.slice(0, 2).map(shortId))
      const token = /--next-token ([\w-]+)/.exec(first)?.[1] ?? ''
      deepEqual(ids(await cli.json<Listed[]>([...list, '--limit', '2', '--next-token', token])), all.slice(2))
    },
  },
  {
    name: '`job list` as table, CSV and YAML',
    async run(cli) {
      const nonce = newNonce()
      const id = await labelled(cli, nonce, 'a')
      const list = ['job', 'list', '--labels', `of=${nonce}`]
      match(await cli.ok(list), new RegExp(`${id.slice(0, 10)}[\\s\\S]*wasm[\\s\\S]*batch[\\s\\S]*Completed`))
      match(await cli.ok([...list, '--wide', '--no-style', '--hide-header']), new RegExp(id))
      match(await cli.ok([...list, '--output', 'csv']), new RegExp(`,${id},.*wasm,batch,Completed`))
      match(await cli.ok([...list, '--output', 'yaml']), new RegExp(`ID: ${id}`))
    },
  },
  {
    name: '`job executions` as table and JSON, with pages and orders',
    async run(cli) {
      const id = await cli.finish(printJob(newNonce(), { Count: 3 }))
      match(await cli.ok(['job', 'executions', id]), /e-[0-9a-f]{8}[\s\S]*Completed[\s\S]*Stopped/)
      equal((await cli.json<ShownExecution[]>(['job', 'executions', id])).length, 3)
      equal((await cli.json<ShownExecution[]>(['job', 'executions', id, '--limit', '2'])).length, 2)
      const order = cli.isOld ? 'modify_time' : 'modified_at'
      equal((await cli.json<ShownExecution[]>(['job', 'executions', id, '--order-by', order])).length, 3)
    },
  },
  {
    name: '`job history` as table and JSON, of one level and of one execution',
    async run(cli) {
      const id = await cli.finish(printJob(newNonce()))
      match(await cli.ok(['job', 'history', id]), /JobLevel[\s\S]*Submission[\s\S]*Job submitted/)
      const lines = (more: string[]) => cli.json<Line[]>(['job', 'history', id, ...more])
      const types = (all: Line[]) => new Set(all.map(({ Type }) => Type))
      deepEqual(types(await lines([])), new Set(['JobLevel', 'ExecutionLevel']))
      deepEqual(types(await lines(['--event-type', 'job'])), new Set(['JobLevel']))
      deepEqual(types(await lines(['--event-type', 'execution'])), new Set(['ExecutionLevel']))
      const execution = (await cli.json<ShownExecution[]>(['job', 'executions', id]))[0]?.ID ?? ''
      deepEqual(types(await lines(['--execution-id', execution])), new Set(['ExecutionLevel']))
      equal((await lines(['--limit', '2'])).length, 2)
    },
  },
]

const ids = (jobs: Listed[]): string[] => jobs.map(({ ID }) => ID)

const shortId = (id: string): string => id.slice(0, 'j-'.length + 8)

/** The ids in a table of jobs: the second column, behind the time. */
const shortIds = (table: string): string[] => [...table.matchAll(/^ \d\d:\d\d:\d\d +(j-\w+)/gm)].map(([, id]) => id!)

const labelled = (cli: RealCli, of: string, which: string): Promise<string> =>
  cli.finish(printJob(newNonce(), { Labels: { of, which } }))

/** The older client ends with 0 when a job fails, the newer one with 1. */
const submitted = async (cli: RealCli, nonce: string): Promise<string> =>
  /j-[0-9a-f-]{36}/.exec((await cli.run(['job', 'run', cli.jobFile(failingJob(nonce))])).stdout)?.[0] ?? ''
