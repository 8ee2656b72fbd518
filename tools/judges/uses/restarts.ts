import { equal } from 'node:assert/strict'
import type { NodeBench } from '../compute-node.ts'
import type { Use } from '../judge.ts'
import { endOf, finish, isIn, programJob } from './node-jobs.ts'

const printing = () => programJob(['print', 'done', '', '0'])
/** Goes on while something is restarted, and ends then. */
const lasting = (job: object = {}) => programJob(['sleep', '20000'], { job })

/** What becomes of work when somebody goes away. They come last, because each leaves another process behind. */
export const restarts: readonly Use<NodeBench>[] = [
  {
    name: 'a job outlives a restart of the orchestrator: it runs once, and its result arrives',
    async run({ orchestrator, node }) {
      const id = await orchestrator.submit(lasting())
      await isIn(orchestrator, id, 'Running')
      await orchestrator.stop()
      await orchestrator.start()
      await node.isShownAs('CONNECTED')
      const { state, message, executions } = await endOf(orchestrator, id)
      equal(state, 'Completed', message)
      equal(executions.length, 1)
    },
  },
  {
    name: 'the node is stopped and started again in its old folder, and goes on working',
    async run({ orchestrator, node }) {
      await node.stop('SIGINT')
      await node.start()
      equal((await finish(orchestrator, printing())).state, 'Completed')
    },
  },
  {
    name: 'the node is killed in the middle of a job and started again: the job is run again and completes',
    async run({ orchestrator, node }) {
      const id = await orchestrator.submit(lasting())
      await isIn(orchestrator, id, 'Running')
      await node.stop('SIGKILL')
      await node.start()
      const { state, message } = await endOf(orchestrator, id)
      equal(state, 'Completed', message)
    },
  },
]
