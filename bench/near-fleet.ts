import { createInterface } from 'node:readline'
import { startOrchestrator } from '../test/kit/cluster.ts'
import { endOf, submitSpec } from '../test/kit/jobs.ts'
import { BareNode } from './bare-node.ts'
import { beatOnce } from './beats.ts'
import { labelsOf, roomy } from './fleet.ts'

/**
 * An orchestrator with its broker, and nodes in the same process: they reach it through the bus and the real codec, without sockets.
 * Prints the port of the broker when all have joined; what the nodes do themselves is in its processor time too (`lone-nodes.ts`).
 * `node near-fleet.ts DATABASE NODES beats` beats then, and prints after each interval how many were wrongly given up;
 * `... jobs` runs a job of as many executions as each line of its input says, one on each node, and prints after how many s it had ended.
 */
const [database = '', count = '', what] = process.argv.slice(2)
const disconnectAfterMs = what === 'beats' ? 60_000 : 3_600_000
const settings = { heartbeatIntervalMs: 15_000, disconnectAfterMs }
const { bus, port, jobs } = await startOrchestrator(settings, database)
const nodes: BareNode[] = []
let beatMs = 0
for (let place = 0; place < Number(count); place++) {
  const node = new BareNode(bus, `near-${place}`, roomy, labelsOf(place))
  node.onOrder = (order) => node.run(order)
  beatMs = await node.join()
  nodes.push(node)
}
console.log(port)
if (what === 'beats') for (;;) console.log(await beatOnce({ nodes, beatMs }))
for await (const line of createInterface(process.stdin)) {
  const startedMs = performance.now()
  const { State } = await endOf(jobs, await submitSpec(jobs, { Count: Number(line), MaxPerNode: 1 }))
  console.log(State.StateType === 'Completed' ? (performance.now() - startedMs) / 1_000 : State.StateType)
}
process.exit()
