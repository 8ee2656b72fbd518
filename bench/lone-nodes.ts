import type { Bus } from '#contracts/bus.ts'
import { startOrchestrator } from '../test/kit/cluster.ts'
import { BareNode } from './bare-node.ts'
import { beatOnce } from './beats.ts'
import { labelsOf } from './fleet.ts'

/**
 * What nodes that tell that they are alive cost by themselves: as many as in `near-fleet.ts`, with the same beats, and each of their
 * requests answered at once with what a real orchestrator answered to the first of its kind (`node lone-nodes.ts COUNT ROUNDS`).
 * Prints their processor time in % of a core.
 */
const [count = '', rounds = ''] = process.argv.slice(2)
const capacity = { CPU: 8, Memory: 16e9, Disk: 1e11, GPU: 0 }

const { bus, stop } = await startOrchestrator({ heartbeatIntervalMs: 15_000 })
const answers = new Map<string, Uint8Array>()
const kindOf = (request: Uint8Array): string =>
  /"Kind":"(\w+)"/.exec(Buffer.from(request).toString('latin1'))?.[1] ?? ''
const first = new BareNode(
  {
    ...without(bus),
    async request(subject, payload, limitMs) {
      const answer = await bus.request(subject, payload, limitMs)
      answers.set(kindOf(payload), answer)
      return answer
    },
    subscribe: (subject, handler) => bus.subscribe(subject, handler),
  },
  'first',
  capacity,
  labelsOf(0),
)
const beatMs = await first.join()
await first.beat()
await first.leave()
await stop()

const answering: Bus = {
  ...without(bus),
  async request(_subject, payload) {
    const answer = answers.get(kindOf(payload))
    if (!answer) throw new Error(`no answer to ${kindOf(payload)}`)
    return answer
  },
}
const nodes = Array.from(
  { length: Number(count) },
  (_, place) => new BareNode(answering, `lone-${place}`, capacity, labelsOf(place)),
)
for (const node of nodes) await node.join()
await beatOnce({ nodes, beatMs })
const [startedMs, before] = [performance.now(), process.cpuUsage()]
for (let round = 0; round < Number(rounds); round++) await beatOnce({ nodes, beatMs })
const { user, system } = process.cpuUsage(before)
console.log((user + system) / 10 / (performance.now() - startedMs))

function without({ maxPayloadBytes }: Bus): Bus {
  const none = { stop: () => {} }
  return {
    maxPayloadBytes,
    publish: () => {},
    send: async () => {},
    request: () => Promise.reject(new Error('nobody answers')),
    subscribe: () => none,
    onConnection: () => none,
    close: async () => {},
  }
}
