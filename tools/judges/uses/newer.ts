import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { newNonce, printJob, sleepJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'
import { describe, idIn, outputOf, type ShownExecution, type ShownJob } from './shown-job.ts'

/** What clients of 1.5 and later can do besides. */
export const newer: readonly Use<RealCli>[] = [
  {
    name: '`job run` of an update: same name, same id, next version',
    async run(cli) {
      const { name, id } = await updated(cli)
      const { Job } = await describe(cli, name)
      deepEqual([Job.ID, Job.Version], [id, 2])
    },
  },
  {
    name: '`job run` without a change is refused; `--force` makes a version',
    async run(cli) {
      const { name, second } = await updated(cli)
      match(await cli.refused(['job', 'run', cli.jobFile(second)]), /no changes detected/)
      await cli.ok(['job', 'run', '--force', cli.jobFile(second)])
      equal((await describe(cli, name)).Job.Version, 3)
    },
  },
  {
    name: '`job run --dry-run` shows what an update would change',
    async run(cli) {
      const { name } = await updated(cli)
      const nonce = newNonce()
      const diff = await cli.ok(['job', 'run', '--dry-run', cli.jobFile(printJob(nonce, { Name: name }))])
      match(diff, new RegExp(`\\+ .*${nonce}`))
      equal((await describe(cli, name)).Job.Version, 2)
    },
  },
  {
    name: '`job versions` lists them; `--version` shows one of them',
    async run(cli) {
      const { name, firstNonce } = await updated(cli)
      equal((await cli.json<unknown[]>(['job', 'versions', name])).length, 2)
      const first = await cli.json<ShownJob>(['job', 'describe', '--version', '1', name])
      equal(first.Job.Version, 1)
      match(JSON.stringify(first), new RegExp(firstNonce))
    },
  },
  {
    name: '`job executions` and `job history` of one version and of all',
    async run(cli) {
      const { name } = await updated(cli)
      const count = async (...words: string[]) => (await cli.json<unknown[]>([...words, name])).length
      equal(await count('job', 'executions'), 1)
      equal(await count('job', 'executions', '--all-versions'), 2)
      notEqual(await count('job', 'history', '--all-versions'), await count('job', 'history', '--version', '1'))
    },
  },
  {
    name: '`job logs --version` prints the output of an older version',
    async run(cli) {
      const { name, firstNonce } = await updated(cli)
      match(await cli.ok(['job', 'logs', '--version', '1', name]), new RegExp(firstNonce))
    },
  },
  {
    name: '`job rerun` of the newest and of an older version',
    async run(cli) {
      const { name, id, firstNonce } = await updated(cli)
      equal(idIn(await cli.ok(['job', 'rerun', name])), id)
      equal((await describe(cli, name)).Job.Version, 3)
      equal(idIn(await cli.ok(['job', 'rerun', '--version', '1', name])), id)
      equal(await outputOf(cli, id), `${firstNonce}\n`)
    },
  },
  {
    name: '`job rerun` of an unknown job is refused, and the server goes on',
    async run(cli) {
      match(await cli.refused(['job', 'rerun', 'nobody']), /not found/)
      await cli.finish(printJob(newNonce()))
    },
  },
  {
    name: '`job stop`, `job logs` and `job get` by name',
    async run(cli) {
      const name = newNonce()
      const id = await cli.submit(sleepJob({ Name: name }))
      await cli.ok(['job', 'stop', name])
      equal((await describe(cli, name)).Job.ID, id)
      const done = newNonce()
      await cli.finish(printJob(done, { Name: done }))
      match(await cli.ok(['job', 'logs', done]), new RegExp(done))
      await cli.ok(['job', 'get', '--output-dir', cli.folder, done])
    },
  },
  {
    name: 'the same name in two namespaces is two jobs',
    async run(cli) {
      const name = newNonce()
      const here = await cli.finish(printJob(newNonce(), { Name: name }))
      const there = await cli.finish(printJob(newNonce(), { Name: name, Namespace: 'other' }))
      notEqual(here, there)
      equal((await cli.json<ShownJob>(['job', 'describe', '--namespace', 'other', name])).Job.ID, there)
      equal((await cli.json<ShownExecution[]>(['job', 'executions', '--namespace', 'other', name])).length, 1)
      equal((await describe(cli, name)).Job.ID, here)
    },
  },
  {
    name: '`agent config` shows the settings of the server',
    async run(cli) {
      match(await cli.ok(['agent', 'config']), /API:[\s\S]*Orchestrator:/)
      const { Labels } = await cli.json<{ Labels: Record<string, string> }>(['agent', 'config'])
      deepEqual(Labels, { zone: 'a' })
    },
  },
  {
    name: 'a server with users lets in by API key and by password, and nobody else',
    async run(cli) {
      const Capabilities = [{ Actions: ['*'] }]
      const Users = [
        { APIKey: key, Capabilities },
        { Username: 'ada', Password: password, Capabilities },
      ]
      const server = await cli.cluster.serveWith('guarded', { API: { Auth: { Users } } })
      const asked = (more: Record<string, string>) => ({ env: { BACALHAU_API_PORT: String(server.port), ...more } })
      const nonce = newNonce()
      const byKey = asked({ BACALHAU_API_KEY: key })
      const id = idIn(await cli.ok(['job', 'run', cli.jobFile(printJob(nonce))], byKey))
      match(await cli.ok(['job', 'logs', id], byKey), new RegExp(nonce))
      const byPassword = asked({ BACALHAU_API_USERNAME: 'ada', BACALHAU_API_PASSWORD: password })
      match(await cli.ok(['job', 'list', '--output', 'json'], byPassword), new RegExp(id))
      match(await cli.refused(['job', 'list'], asked({})), /Please login/)
      match(await cli.refused(['job', 'list'], asked({ BACALHAU_API_KEY: 'nobody-has-this-key-1' })), /unauthorized/)
    },
  },
  {
    name: '`auth info` and profiles',
    async run(cli) {
      match(await cli.ok(['auth', 'info']), new RegExp(`Target environment: http://127.0.0.1:${cli.cluster.port}`))
      await cli.ok(['profile', 'save', 'here', '--endpoint', `http://127.0.0.1:${cli.cluster.port}`, '--select'])
      match(await cli.ok(['profile', 'list']), /here/)
      match(await cli.ok(['agent', 'alive', '--profile', 'here']), /Status: OK/)
    },
  },
]

const [key, password] = ['a-key-of-twenty-characters', 'correct horse']

/** A job of its own that was run, and then run again with another output under the same name. */
async function updated(cli: RealCli) {
  const [name, firstNonce] = [newNonce(), newNonce()]
  const id = await cli.finish(printJob(firstNonce, { Name: name }))
  const second = printJob(newNonce(), { Name: name })
  await cli.finish(second)
  return { name, id, firstNonce, second }
}
