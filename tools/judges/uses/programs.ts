import { equal, match } from 'node:assert/strict'
import type { NodeBench } from '../compute-node.ts'
import { newNonce } from '../jobs.ts'
import type { Use } from '../judge.ts'
import { endOf, finish, isIn, programJob, programJobByPath } from './node-jobs.ts'

/** What a real node does with WASM programs, which need nothing else. */
export const programs: readonly Use<NodeBench>[] = [
  {
    name: 'it joins, and `node list` shows its engines',
    async run({ orchestrator, node }) {
      const line = (await orchestrator.ok(['node', 'describe', node.name])).replaceAll(/\s+/g, ' ')
      match(line, /wasm/)
    },
  },
  {
    name: 'a WASM program runs, and its output and exit code are shown',
    async run({ orchestrator, node }) {
      const nonce = newNonce()
      const { state, message, executions } = await finish(orchestrator, programJob(['print', nonce, '', '3']))
      equal(state, 'Completed', message)
      equal(executions[0]?.NodeID, node.name)
      equal(executions[0]?.RunOutput?.Stdout, nonce)
      equal(executions[0]?.RunOutput?.ExitCode, 3)
    },
  },
  {
    name: 'a WASM program whose module is an input runs as well',
    async run({ orchestrator }) {
      const nonce = newNonce()
      const { state, message, executions } = await finish(orchestrator, programJobByPath(['print', nonce, '', '0']))
      equal(state, 'Completed', message)
      equal(executions[0]?.RunOutput?.Stdout, nonce)
    },
  },
  {
    name: '`job logs` of a WASM program that has ended, also with `-f`',
    async run({ orchestrator }) {
      const nonce = newNonce()
      const { id } = await finish(orchestrator, programJob(['print', nonce, '', '0']))
      for (const follow of [[], ['-f']]) match(await orchestrator.ok(['job', 'logs', ...follow, id]), new RegExp(nonce))
    },
  },
  {
    name: 'an ops job runs once on it',
    async run({ orchestrator, node }) {
      const { state, message, executions } = await finish(
        orchestrator,
        programJob(['print', 'once', '', '0'], { job: { Type: 'ops' } }),
      )
      equal(state, 'Completed', message)
      equal(executions.map(({ NodeID }) => NodeID).join(), node.name)
    },
  },
  {
    name: 'a daemon and a service run until they are stopped',
    async run({ orchestrator }) {
      for (const Type of ['daemon', 'service']) {
        // Not longer: a node of 1.4 lets a WASM program that is stopped sleep on, and keeps its room.
        const id = await orchestrator.submit(programJob(['sleep', '30000'], { job: { Type } }))
        await isIn(orchestrator, id, 'Running')
        await orchestrator.ok(['job', 'stop', id])
        equal((await endOf(orchestrator, id)).state, 'Stopped')
      }
    },
  },
  {
    name: 'more programs than it has room for all end',
    async run({ orchestrator }) {
      const { state, message, executions } = await finish(
        orchestrator,
        programJob(['print', 'one of many', '', '0'], { job: { Count: 12 } }),
      )
      equal(state, 'Completed', message)
      equal(executions.filter(({ RunOutput }) => RunOutput?.Stdout === 'one of many').length, 12)
    },
  },
]
