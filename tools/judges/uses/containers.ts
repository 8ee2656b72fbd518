import { equal, match } from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { executable, Program } from '../../../test/kit/program.ts'
import type { NodeBench } from '../compute-node.ts'
import { newNonce } from '../jobs.ts'
import type { Use } from '../judge.ts'
import { endOf, finish, isIn, shellJob } from './node-jobs.ts'

/** What a real node does with containers. */
export const containers: readonly Use<NodeBench>[] = [
  {
    name: 'a container runs, and its output and exit code are shown',
    async run({ orchestrator, image }) {
      const nonce = newNonce()
      const { state, message, executions } = await finish(
        orchestrator,
        shellJob(image, `echo ${nonce}; echo warning >&2; exit 4`),
      )
      equal(state, 'Completed', message)
      equal(executions[0]?.RunOutput?.Stdout, `${nonce}\n`)
      equal(executions[0]?.RunOutput?.stderr, 'warning\n')
      equal(executions[0]?.RunOutput?.ExitCode, 4)
    },
  },
  {
    name: '`job logs` and `job logs -f` of a running container, and after its end',
    async run({ orchestrator, image }) {
      const line = 'echo begun; while [ ! -f /go ]; do n=$((n+1)); [ $n = 20 ] && touch /go; sleep 0.5; done; echo over'
      const id = await orchestrator.submit(shellJob(image, line))
      await isIn(orchestrator, id, 'Running')
      const followed = await orchestrator.ok(['job', 'logs', '-f', id], { timeoutMs: 60_000 })
      match(followed, /^begun\nover\n/)
      equal((await endOf(orchestrator, id)).state, 'Completed')
      match(await orchestrator.ok(['job', 'logs', id]), /^begun\nover\n/)
    },
  },
  {
    name: 'two users follow two containers, and a third job starts meanwhile',
    async run({ orchestrator, image }) {
      const ids = [await begun(orchestrator, image), await begun(orchestrator, image)]
      const followers = ids.map(
        (id) =>
          new Program(executable, ['job', 'logs', '-f', id], {
            env: { ...process.env, BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: String(orchestrator.port) },
          }),
      )
      try {
        for (const follower of followers) await follower.says(/^begun$/m)
        equal((await finish(orchestrator, shellJob(image, 'true'))).state, 'Completed')
      } finally {
        for (const id of ids) await orchestrator.ok(['job', 'stop', id])
        for (const follower of followers) await follower.end()
      }
    },
  },
  {
    name: 'an image that is nowhere fails the job with the reason',
    async run({ orchestrator }) {
      const { state, message } = await finish(orchestrator, shellJob('127.0.0.1:1/no-such-image:1', 'true'))
      equal(state, 'Failed')
      match(message, /127\.0\.0\.1:1/)
    },
  },
  {
    name: 'a result is published on it, and `job get` fetches it',
    async run({ orchestrator, image, node }) {
      const nonce = newNonce()
      const task = { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'outputs', Path: '/outputs' }] }
      const { id, state, message } = await finish(
        orchestrator,
        shellJob(image, `echo ${nonce} > /outputs/file`, { task }),
      )
      equal(state, 'Completed', message)
      const folder = join(orchestrator.dataFolder, `got-${node.name}`)
      mkdirSync(folder)
      await orchestrator.ok(['job', 'get', '--output-dir', folder, id])
      equal(readFileSync(join(folder, 'outputs/file'), 'utf8'), `${nonce}\n`)
    },
  },
  {
    name: '`job stop` ends a container, and the node goes on working',
    async run({ orchestrator, image }) {
      const id = await begun(orchestrator, image)
      await orchestrator.ok(['job', 'stop', id])
      equal((await endOf(orchestrator, id)).state, 'Stopped')
      equal((await finish(orchestrator, shellJob(image, 'true'))).state, 'Completed')
    },
  },
  {
    name: 'a time limit ends a container, and the reason is shown',
    async run({ orchestrator, image }) {
      const task = { Timeouts: { ExecutionTimeout: 2 } }
      const { state, message } = await finish(orchestrator, shellJob(image, 'sleep 300', { task }))
      equal(state, 'Failed')
      match(message, /timed out|time limit/i)
    },
  },
]

/** A container that goes on until it is stopped. */
async function begun(orchestrator: NodeBench['orchestrator'], image: string): Promise<string> {
  const id = await orchestrator.submit(shellJob(image, 'echo begun; sleep 300'))
  await isIn(orchestrator, id, 'Running')
  return id
}
