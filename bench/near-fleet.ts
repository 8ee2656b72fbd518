import { createInterface } from 'node:readline'
import { openSqlite } from '#platform/sqlite.ts'
import { startOrchestrator } from '../test/kit/cluster.ts'
import { endOf, submitSpec } from '../test/kit/jobs.ts'
import { BareNode } from './bare-node.ts'
import { beatOnce } from './beats.ts'
import { labelsOf } from './fleet.ts'
import { timed } from './load.ts'

/**
 * An orchestrator with its broker, and nodes in the same process: they reach it through the bus and the real codec, without sockets
 * (`node near-fleet.ts DATABASE COUNT CAPACITY`), and end at once what they are asked to run. Prints the port of the broker when all
 * have joined, and then, until it is ended, an answer to each line of its input: to `beat`, after an interval in which they beat, how
 * many were wrongly given up; to `job COUNT`, after how many ms such a job had ended. What the nodes do counts in its processor time.
 */
const [database = '', count = '', capacity = ''] = process.argv.slice(2)
const settings = { heartbeatIntervalMs: 15_000, disconnectAfterMs: 60_000 }
const { bus, port, jobs } = await startOrchestrator(settings, openSqlite(database))
const nodes: BareNode[] = []
let beatMs = 0
for (let place = 0; place < Number(count); place++) {
  const node = new BareNode(bus, `near-${place}`, JSON.parse(capacity), labelsOf(place))
  node.onOrder = (order) => {
    node.start(order)
    node.end(order)
  }
  beatMs = await node.join()
  nodes.push(node)
}
console.log(port)
for await (const line of createInterface(process.stdin)) {
  const [what, Count] = line.split(' ')
  console.log(what === 'beat' ? await beatOnce({ nodes, beatMs }) : await timed(() => ended(Number(Count))))
}

async function ended(Count: number): Promise<void> {
  const { State } = await endOf(jobs, await submitSpec(jobs, { Count }))
  if (State.StateType !== 'Completed') throw new Error(`the job ${State.StateType}: ${State.Message}`)
}
