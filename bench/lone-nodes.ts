import type { Bus, BusMessage } from '#contracts/bus.ts'
import { startOrchestrator } from '../test/kit/cluster.ts'
import { submitSpec } from '../test/kit/jobs.ts'
import { BareNode } from './bare-node.ts'
import { beatOnce } from './beats.ts'
import { labelsOf, roomy } from './fleet.ts'

/**
 * What the nodes of `near-fleet.ts` cost by themselves: as many, and each of their requests answered at once with what a real
 * orchestrator answered to the first of its kind. `node lone-nodes.ts NODES beats ROUNDS` prints their processor time in % of a core
 * while they beat; `... jobs ROUNDS` prints in s what they take for one execution on each, which is the last of so many.
 */
const [count = '', what = '', rounds = ''] = process.argv.slice(2)

const { bus, jobs, stop } = await startOrchestrator({ heartbeatIntervalMs: 15_000 })
const none = { stop: () => {} }
const kindOf = (request: Uint8Array): string =>
  /"Kind":"(\w+)"/.exec(Buffer.from(request).toString('latin1'))?.[1] ?? ''

/** What a node was answered, and the first order that it got. */
const answers = new Map<string, Uint8Array>()
const ordered = Promise.withResolvers<BusMessage>()
const first = new BareNode(
  {
    ...busOf(async (subject, payload) => {
      const answer = await bus.request(subject, payload, 30_000)
      answers.set(kindOf(payload), answer)
      return answer
    }),
    publish: (subject, payload) => bus.publish(subject, payload),
    subscribe: (subject, handler) =>
      bus.subscribe(subject, (message) => {
        if (kindOf(message.payload) === 'AskForBid') ordered.resolve(message)
        handler(message)
      }),
  },
  'first',
  roomy,
  labelsOf(0),
)
first.onOrder = (order) => first.run(order)
const beatMs = await first.join()
await first.beat()
await submitSpec(jobs)
const order = await ordered.promise
await first.resting()
await first.leave()
await stop()

/** By their subjects, those who take orders. */
const takers = new Map<string, (message: BusMessage) => void>()
const answering: Bus = {
  ...busOf(async (_subject, payload) => {
    const answer = answers.get(kindOf(payload))
    if (!answer) throw new Error(`no answer to ${kindOf(payload)}`)
    return answer
  }),
  subscribe(subject, handler) {
    if (subject.endsWith('.in.msgs')) takers.set(subject, handler)
    return none
  },
}
const nodes = Array.from(
  { length: Number(count) },
  (_, place) => new BareNode(answering, `lone-${place}`, roomy, labelsOf(place)),
)
for (const node of nodes) await node.join()
console.log(await (what === 'beats' ? shareOfBeats() : secondsOfOrders()))

async function shareOfBeats(): Promise<number> {
  await beatOnce({ nodes, beatMs })
  const [startedMs, before] = [performance.now(), process.cpuUsage()]
  for (let round = 0; round < Number(rounds); round++) await beatOnce({ nodes, beatMs })
  return (100 * cpuSeconds(before)) / ((performance.now() - startedMs) / 1_000)
}

/** Each order is the same but for its number, and so are the numbers of what is reported of it. */
async function secondsOfOrders(): Promise<number> {
  let seconds = 0
  for (let round = 1; round <= Number(rounds); round++) {
    const text = Buffer.from(order.payload).toString('latin1').replace('"Seq":1,', `"Seq":${round},`)
    const reported = Promise.withResolvers<void>()
    let left = nodes.length
    for (const node of nodes)
      node.onOrder = (each) => {
        node.run(each)
        void node.resting().then(() => (left -= 1) === 0 && reported.resolve())
      }
    answers.set('BidResult', ackOf(3 * round))
    const before = process.cpuUsage()
    for (const [subject, take] of takers) take({ ...order, subject, payload: Buffer.from(text, 'latin1') })
    await reported.promise
    seconds = cpuSeconds(before)
  }
  return seconds
}

/** The answer to a report of three messages, of which the last has this number. */
function ackOf(lastSeq: number): Uint8Array {
  const answer = Buffer.from(answers.get('BidResult') ?? [])
  return Buffer.from(answer.toString('latin1').replace(/"LastSeq":\d+/, `"LastSeq":${lastSeq}`), 'latin1')
}

function cpuSeconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

function busOf(request: (subject: string, payload: Uint8Array) => Promise<Uint8Array>): Bus {
  return {
    maxPayloadBytes: bus.maxPayloadBytes,
    publish: () => {},
    send: async () => {},
    request,
    subscribe: () => none,
    onConnection: () => none,
    close: async () => {},
  }
}
