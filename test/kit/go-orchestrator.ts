import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BusMessage } from '#contracts/bus.ts'
import { decodeFrame, encodeFrame, typeOf } from '#link/ncl/frame.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker } from '#nats/server/broker.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { openDoor } from './open-door.ts'
import { until } from './until.ts'
import { goldensDir } from './vectors.ts'

/** One line of a recording. */
export type Recorded = { dir?: string; op?: string; subject?: string; reply?: string; json?: any }

export const recordedLines = (scenario: string): Recorded[] =>
  readFileSync(join(goldensDir(), 'wire', `${scenario}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** JSON of a recording with its integers as they were. */
const exactText = (json: unknown): string => JSON.stringify(json).replace(/"@int64:(-?\d+)"/g, '$1')
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** What a node was heard to say: to a requester of 1.4 a callback, to an orchestrator of 1.9 a frame. */
export type Heard = { subject: string; type: string; body: any }

/**
 * A broker where an orchestrator of Go seems to be: it answers what nodes ask in the recorded words, keeps what they
 * report, and says what it is told to.
 */
export async function startGoOrchestrator(protocol: 'bprotocol/v2' | 'ncl/v1') {
  const clock = new SystemClock()
  const name = protocol === 'ncl/v1' ? 'orch193' : 'orch140'
  const log = () => {}
  const broker = new Broker({ host: '127.0.0.1', port: 0, name }, { clock, random: systemRandom, door: openDoor, log })
  await broker.start()
  const bus = new LocalBus(broker.router, clock, systemRandom)
  const heard: Heard[] = []
  /** By method or type of request; a test may change it. */
  const answers: Record<string, unknown> =
    protocol === 'ncl/v1'
      ? {
          'transport.HandshakeRequest': { accepted: true, reason: 'node registered', LastOrchestratorSeqNum: 90 },
          'transport.HeartbeatRequest': { LastComputeSeqNum: 0 },
          'transport.UpdateNodeInfoRequest': { accepted: true },
          'transport.ShutdownNoticeRequest': { LastComputeSeqNum: 0 },
          reports: {},
        }
      : {
          'RegisterNode/v1': { value: { Accepted: true, Reason: '' } },
          'UpdateNodeInfo/v1': { value: { Accepted: true, Reason: '' } },
          'UpdateResources/v1': { value: {} },
        }
  const answer = (reply: string | undefined, bytes: Buffer): void => {
    if (reply !== undefined) bus.publish(reply, bytes)
  }
  const onControl = ({ subject, payload, reply }: BusMessage): void => {
    if (payload[0] !== 1) return answer(reply, encodeFrame({ Type: 'BacError' }, '{"Cause":"unsupported encoding"}'))
    const frame = decodeFrame(payload)
    const type = typeOf(frame)
    heard.push({ subject, type, body: frame.payload })
    const known = answers[type]
    answer(reply, encodeFrame({ Type: (known as any)?.Code ? 'BacError' : type }, exactText(known)))
  }
  const onReport = ({ subject, payload, reply }: BusMessage): void => {
    const frame = decodeFrame(payload)
    heard.push({ subject, type: typeOf(frame), body: frame.payload })
    answer(reply, Buffer.from(exactText(answers.reports)))
  }
  const onPlain = ({ subject, payload, reply }: BusMessage): void => {
    const type = subject.split('.').at(-1) ?? ''
    heard.push({ subject, type, body: JSON.parse(textOf(payload)) })
    if (answers[type] !== undefined) answer(reply, Buffer.from(exactText(answers[type])))
  }
  if (protocol === 'ncl/v1') {
    bus.subscribe('bacalhau.global.compute.*.out.ctrl', onControl)
    bus.subscribe('bacalhau.global.compute.*.out.msgs', onReport)
  } else {
    for (const subject of ['node.management.>', `node.orchestrator.${name}.>`, 'heartbeat'])
      bus.subscribe(subject, onPlain)
  }
  return {
    port: broker.port,
    bus,
    heard,
    answers,
    /** Sends what the orchestrator sent in a recording, and gives the node's answer. */
    async say({ subject = '', json }: Recorded): Promise<any> {
      const bytes = json.metadata ? encodeFrame(json.metadata, exactText(json.payload)) : Buffer.from(exactText(json))
      return JSON.parse(textOf(await bus.request(subject, bytes, 50_000)))
    },
    /** The nth message of this type, once it is there. */
    async next(type: string, nth = 1): Promise<Heard> {
      const found = () => heard.filter((each) => each.type === type)[nth - 1]
      await until(`the node says ${type}`, () => found() !== undefined)
      return found() as Heard
    },
    async stop() {
      await bus.close()
      await broker.stop()
    },
  }
}
