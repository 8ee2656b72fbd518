import { nsOfTime } from '#api/decode/wire-json.ts'
import { goJson, goTime } from '#api/encode/go-json.ts'
import { decodeFrame, encodeFrame, metadataOf, seqOf, typeOf } from '#link/ncl/frame.ts'
import type { GoReport } from './go-disk.ts'
import { eventOf, every, infoOf, outputOf, type Speech, type SpeechParts } from './speech.ts'

const beatMs = 3_000
const answerMs = 2_000
/** Looked at each time this has passed, like a real node's tick. */
const tickMs = 2_000
const ackMs = 6_000
const againMs = 1_000

/** The protocol `ncl/v1` as a node of version 1.9 speaks it: reports are kept and come until they are acknowledged. */
export function speak19(parts: SpeechParts): Speech {
  const { world, life, machine, network, work } = parts
  const bus = network.bus(life)
  const { nodeId } = machine.facts
  const disk = machine.goDisk
  const subject = (end: string): string => `bacalhau.global.compute.${nodeId}.${end}`
  const nowNs = (): bigint => nsOfTime('2026-01-01T00:00:00Z') + BigInt(Math.floor(world.timeline.nowUs)) * 1_000n
  const startTime = JSON.parse(goTime(nowNs()))
  let isConnected = false
  let isSending = false
  let missed = 0

  const frame = (type: string, payload: object, more: Record<string, string> = {}, atNs = nowNs()): Buffer =>
    encodeFrame({ ...metadataOf(type, nodeId, atNs), ...more }, goJson(payload))
  const control = async (type: string, payload: object) =>
    decodeFrame(await bus.request(subject('out.ctrl'), frame(`transport.${type}`, payload), answerMs))

  const shakeHands = async (): Promise<void> => {
    const info = { ...infoOf(parts, 'v1.9.3'), SupportedProtocols: ['bprotocol/v2', 'ncl/v1'] }
    const request = { NodeInfo: info, StartTime: startTime, LastOrchestratorSeqNum: disk.lastOrder }
    const answer = await control('HandshakeRequest', request).catch(() => undefined)
    if (answer?.payload.accepted !== true) return
    disk.lastOrder = Number(answer.payload.LastOrchestratorSeqNum ?? 0)
    isConnected = true
    missed = 0
    void send()
  }

  const beat = async (): Promise<void> => {
    if (!isConnected) return
    const load = { AvailableCapacity: work.available, QueueUsedCapacity: work.queued }
    const beatOf = { NodeID: nodeId, ...load, LastOrchestratorSeqNum: disk.lastOrder }
    const answer = await control('HeartbeatRequest', beatOf).catch(() => undefined)
    missed = answer ? 0 : missed + 1
    if ((answer && typeOf(answer) === 'BacError') || missed > 4) isConnected = false
  }

  const send = async (): Promise<void> => {
    if (isSending || !isConnected) return
    isSending = true
    while (disk.acknowledged < disk.reports.length) {
      const number = disk.acknowledged + 1
      const { report, atNs } = disk.reports[disk.acknowledged] as (typeof disk.reports)[number]
      const { type, body } = messageOf(report)
      // What it has no words for (a cancellation) it does not say.
      if (type !== '' && !(await isTaken(frame(type, body, { 'Bacalhau-SeqNum': String(number) }, atNs)))) break
      disk.acknowledged = number
    }
    isSending = false
    if (disk.acknowledged < disk.reports.length)
      world.timeline.after(againMs * 1_000, `${life.name} sends again`, () => life.run(() => void send()))
  }

  const isTaken = (bytes: Buffer): Promise<boolean> =>
    bus.request(subject('out.msgs'), bytes, ackMs).then(
      (answer) => JSON.parse(Buffer.from(answer).toString()).error === undefined,
      () => false,
    )

  const ask = (execution: any): boolean => work.take(execution, execution.DesiredState.StateType === 0)

  const start = (): void => {
    bus.subscribe(subject('in.msgs'), ({ payload, reply = '' }) => {
      const order = decodeFrame(payload)
      if (typeOf(order) === 'AskForBid') ask(order.payload.Execution)
      else if (typeOf(order) === 'BidAccepted') work.startBid(order.payload.ExecutionID)
      else if (typeOf(order) === 'CancelExecution') work.cancel(order.payload.ExecutionID)
      disk.lastOrder = seqOf(order) ?? disk.lastOrder
      bus.publish(reply, Buffer.from('{}'))
    })
    every(parts, 'ticks', tickMs, () => void (isConnected || shakeHands()))
    every(parts, 'beats', beatMs, () => void beat())
  }

  return {
    start,
    report: (report) => {
      disk.reports.push({ report, atNs: nowNs() })
      void send()
    },
  }
}

function messageOf(report: GoReport): { type: string; body: object } {
  const of = { ExecutionID: report.executionId, JobID: '', JobType: 'batch' }
  switch (report.kind) {
    case 'failed':
      return { type: 'ComputeError', body: { ...of, Events: [eventOf(report.text, report.failsExecution)] } }
    case 'accepted':
      return { type: 'BidResult', body: { ...of, Events: null, Accepted: true } }
    case 'cancelled':
      return { type: '', body: of }
    case 'ended':
      return {
        type: 'RunResult',
        body: {
          ...of,
          Events: [eventOf('Completed successfully', false)],
          PublishResult: report.published,
          RunCommandResult: outputOf(report.exitCode, report.errorText),
        },
      }
  }
}
