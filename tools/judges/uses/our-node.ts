import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { failingJob, newNonce, outputJob, printJob, sleepJob, toolJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { OrchestratorBench } from '../orchestrator.ts'
import { failureOf, isIn, outputOf, type ShownExecution } from './shown-job.ts'

type ShownNode = {
  Info: {
    Labels: Record<string, string>
    ComputeNodeInfo: { ExecutionEngines: string[]; MaxCapacity: { CPU: number } }
  }
  Membership: string
}

/** What a node of ours does for a real orchestrator, without Docker. */
export const ourNode: readonly Use<OrchestratorBench>[] = [
  {
    name: 'our node is listed with its labels, engines and capacity',
    async run({ cli, nodeName }) {
      const { Info, Membership } = await cli.json<ShownNode>(['node', 'describe', nodeName])
      equal(Membership, 'APPROVED')
      equal(Info.Labels['zone'], 'ours')
      ok(Info.ComputeNodeInfo.ExecutionEngines.includes('wasm'))
      ok(Info.ComputeNodeInfo.MaxCapacity.CPU > 0)
    },
  },
  {
    name: 'a WASM program runs, and what it printed is shown',
    async run({ cli, nodeName }) {
      const nonce = newNonce()
      const id = await cli.finish(printJob(nonce))
      equal(await outputOf(cli, id), `${nonce}\n`)
      const [execution] = await cli.json<ShownExecution[]>(['job', 'executions', id])
      equal(execution?.NodeID, nodeName)
      equal(execution?.RunOutput?.stderr, `warning ${nonce}\n`)
    },
  },
  {
    name: 'an exit code that is not 0 is shown',
    async run({ cli }) {
      const id = await cli.finish(failingJob(newNonce()))
      const [execution] = await cli.json<ShownExecution[]>(['job', 'executions', id])
      equal(execution?.RunOutput?.ExitCode, 3)
    },
  },
  {
    name: 'an ops job starts at once, and a constraint finds the node by its label',
    async run({ cli }) {
      const nonce = newNonce()
      const Constraints = [{ Key: 'zone', Operator: '=', Values: ['ours'] }]
      equal(await outputOf(cli, await cli.finish(printJob(nonce, { Type: 'ops', Constraints }))), `${nonce}\n`)
    },
  },
  {
    name: '`job logs -f` follows a running job until it is stopped, and the node goes on working',
    async run({ cli }) {
      const id = await cli.submit(sleepJob())
      await isIn(cli, id, 'Running')
      const follower = cli.start(['job', 'logs', '-f', id])
      await follower.says(/^sleeping$/m)
      await cli.ok(['job', 'stop', id])
      await isIn(cli, id, 'Stopped')
      await follower.ended
      await cli.finish(printJob(newNonce()))
    },
  },
  {
    name: '`job logs` after the end',
    async run({ cli }) {
      const nonce = newNonce()
      match(await cli.ok(['job', 'logs', await cli.finish(printJob(nonce))]), new RegExp(`^${nonce}$`, 'm'))
    },
  },
  {
    name: 'a result is published on the node, and `job get` fetches it',
    async run({ cli }) {
      const nonce = newNonce()
      const id = await cli.finish(outputJob(nonce))
      const folder = join(cli.folder, `got-${nonce}`)
      mkdirSync(folder)
      await cli.ok(['job', 'get', '--output-dir', folder, id])
      equal(readFileSync(join(folder, 'outputs/file'), 'utf8'), nonce)
    },
  },
  {
    name: 'a time limit ends a program, and the reason is shown',
    async run({ cli }) {
      const job = toolJob(['sleep', '60000'], { task: { Timeouts: { ExecutionTimeout: 1 } } })
      match(await failureOf(cli, job), /Execution timed out after 1s/)
    },
  },
  {
    name: 'what the node does not do is refused with its reason',
    async run({ cli }) {
      const job = toolJob(['print', '', '', '0'], { task: { Network: { Type: 'Full' } } })
      match(await failureOf(cli, job), /rejected bid: /)
    },
  },
  {
    name: 'forty jobs at once all complete',
    async run({ cli }) {
      const ids: string[] = []
      for (let n = 0; n < 40; n++) {
        const resources = { task: { Resources: { CPU: '0.1', Memory: '32Mb' } } }
        ids.push(await cli.submit(toolJob(['print', `${newNonce()}\n`, '', '0'], resources)))
      }
      for (const id of ids) await isIn(cli, id, 'Completed')
    },
  },
  {
    name: 'a node that is rejected gets no work, and works again when it is approved',
    async run({ cli, nodeName, nodeIsThere }) {
      await cli.ok(['node', 'reject', nodeName])
      const id = await cli.submit(printJob(newNonce()))
      // Orchestrators of 1.4 let it wait, later ones let it fail.
      await sleep(3_000)
      deepEqual((await cli.json<ShownExecution[] | null>(['job', 'executions', id])) ?? [], [])
      await cli.ok(['node', 'approve', nodeName])
      await nodeIsThere()
      await cli.finish(printJob(newNonce()))
    },
  },
]
