import { openSqlite } from '#platform/sqlite.ts'
import { startOrchestrator } from '../test/kit/cluster.ts'
import { BareNode } from './bare-node.ts'
import { beatOnce } from './beats.ts'
import { labelsOf } from './fleet.ts'

/**
 * An orchestrator with its broker, and nodes in the same process: they reach it through the bus and the real codec, without sockets
 * (`node near-fleet.ts DATABASE COUNT`). Prints the port of the broker when all have joined; beats then, and prints after each
 * interval how many were wrongly given up, until it is ended. What the nodes do themselves is in its processor time too (`lone-nodes.ts`).
 */
const [database = '', count = ''] = process.argv.slice(2)
const settings = { heartbeatIntervalMs: 15_000, disconnectAfterMs: 60_000 }
const { bus, port } = await startOrchestrator(settings, openSqlite(database))
const nodes: BareNode[] = []
let beatMs = 0
for (let place = 0; place < Number(count); place++) {
  const node = new BareNode(bus, `near-${place}`, { CPU: 8, Memory: 16e9, Disk: 1e11, GPU: 0 }, labelsOf(place))
  beatMs = await node.join()
  nodes.push(node)
}
console.log(port)
for (;;) console.log(await beatOnce({ nodes, beatMs }))
