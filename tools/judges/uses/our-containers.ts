import { equal, match } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type JobOf, newNonce } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { OrchestratorBench } from '../orchestrator.ts'
import { failureOf, hasBegun, isIn, type ShownExecution } from './shown-job.ts'

const shellJob =
  (line: string, task: object = {}, Image = 'busybox:latest'): JobOf =>
  () => {
    const Engine = { Type: 'docker', Params: { Image, Entrypoint: ['sh', '-c'], Parameters: [line] } }
    return { Type: 'batch', Count: 1, Tasks: [{ Name: 'main', ...task, Engine }] }
  }

/** What a node of ours does with containers for a real orchestrator. */
export const ourContainers: readonly Use<OrchestratorBench>[] = [
  {
    name: 'a container runs, its output, exit code and result are shown and fetched',
    async run({ cli }) {
      const nonce = newNonce()
      const kept = { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'outputs', Path: '/outputs' }] }
      const line = `echo ${nonce}; echo warning >&2; echo kept > /outputs/file; exit 4`
      const id = await cli.finish(shellJob(line, kept))
      const [execution] = await cli.json<ShownExecution[]>(['job', 'executions', id])
      equal(execution?.RunOutput?.Stdout, `${nonce}\n`)
      equal(execution?.RunOutput?.stderr, 'warning\n')
      equal(execution?.RunOutput?.ExitCode, 4)
      const folder = cli.emptyFolder(`got-${nonce}`)
      await cli.ok(['job', 'get', '--output-dir', folder, id])
      equal(readFileSync(`${folder}/outputs/file`, 'utf8'), 'kept\n')
    },
  },
  {
    name: '`job logs -f` follows a container to its end',
    async run({ cli }) {
      const id = await cli.submit(shellJob('for n in 1 2 3 4; do echo line $n; sleep 1; done'))
      await isIn(cli, id, 'Running')
      match(await cli.ok(['job', 'logs', '-f', id]), /^line 1\nline 2\nline 3\nline 4$/m)
    },
  },
  {
    name: '`job stop` ends a container',
    async run({ cli }) {
      const id = await cli.submit(shellJob('echo begun; sleep 300'))
      await isIn(cli, id, 'Running')
      await cli.ok(['job', 'stop', id])
      await isIn(cli, id, 'Stopped')
    },
  },
  {
    name: 'an image that is nowhere fails the job with the reason',
    async run({ cli }) {
      match(await failureOf(cli, shellJob('true', {}, '127.0.0.1:1/no-such-image:1')), /127\.0\.0\.1:1/)
    },
  },
  {
    name: 'our node is killed in the middle of a container and started again: it goes on with the same one, and nothing runs twice',
    async run({ cli, node, nodeIsThere }) {
      const id = await cli.submit(shellJob('for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $n; sleep 1; done'))
      await hasBegun(cli, id, /^line 1$/m)
      await node.stop('SIGKILL')
      await node.start()
      await nodeIsThere()
      await isIn(cli, id, 'Completed')
      const executions = await cli.json<ShownExecution[]>(['job', 'executions', id])
      equal(executions.length, 1)
      equal(executions[0]?.RunOutput?.Stdout.split('\n').length, 13)
    },
  },
]
