import { equal, match } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { newNonce, printJob, toolJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { OrchestratorBench } from '../orchestrator.ts'
import { hasBegun, isIn, outputOf, type ShownExecution } from './shown-job.ts'

/** Goes on while something is restarted, and ends then. */
const lasting = () => toolJob(['sleep', '20000'])

/** What becomes of work when our node or its real orchestrator goes away. They come last. */
export const ourRestarts: readonly Use<OrchestratorBench>[] = [
  {
    name: 'a job outlives the death of the orchestrator: it runs once, and its result arrives',
    async run({ orchestrator, cli, nodeIsThere }) {
      const id = await cli.submit(lasting())
      await hasBegun(cli, id, /^sleeping$/m)
      await orchestrator.stop('SIGKILL')
      await orchestrator.start()
      await nodeIsThere()
      await isIn(cli, id, 'Completed')
      equal((await cli.json<ShownExecution[]>(['job', 'executions', id])).length, 1)
    },
  },
  {
    name: 'our node is stopped and started again, and goes on working',
    async run({ cli, node, nodeIsThere }) {
      await node.stop()
      await node.start()
      await nodeIsThere()
      const nonce = newNonce()
      equal(await outputOf(cli, await cli.finish(printJob(nonce))), `${nonce}\n`)
    },
  },
  {
    name: 'our node is killed in the middle of a WASM program and started again: the orchestrator is told, runs it again, and it completes',
    async run({ cli, node, nodeIsThere }) {
      const id = await cli.submit(lasting())
      await hasBegun(cli, id, /^sleeping$/m)
      await node.stop('SIGKILL')
      await node.start()
      await nodeIsThere()
      await isIn(cli, id, 'Completed')
      const executions = await cli.json<ShownExecution[]>(['job', 'executions', id])
      equal(executions.length, 2)
      match(JSON.stringify(executions), /the node restarted while it ran/)
    },
  },
  {
    name: 'what ends while the orchestrator is away is told when it is back',
    async run({ orchestrator, cli, nodeIsThere }) {
      const id = await cli.submit(toolJob(['sleep', '4000']))
      await hasBegun(cli, id, /^sleeping$/m)
      await orchestrator.stop('SIGTERM')
      await sleep(6_000)
      await orchestrator.start()
      await nodeIsThere()
      await isIn(cli, id, 'Completed')
    },
  },
]
