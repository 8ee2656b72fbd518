import type { BusMessage } from '#contracts/bus.ts'
import type { GoReport } from './go-disk.ts'
import { bytesOf, eventOf, every, infoOf, outputOf, type Speech, type SpeechParts } from './speech.ts'

/** As in real clusters beside the time after which a silent node is lost, which is short here. */
const beatMs = 3_000
const resourcesMs = 6_000
const infoMs = 12_000
const reconnectMs = 2_000
const answerMs = 2_000

const unknown = 'execution not found'
const stateNames = { bid: 'Created', queued: 'BidAccepted', running: 'Running', ended: 'Completed' }

/** The protocol `bprotocol/v2` as a node of version 1.4 speaks it: what it calls back, it says once. */
export function speak14(parts: SpeechParts): Speech {
  const { life, machine, network, work } = parts
  const bus = network.bus(life)
  const { nodeId } = machine.facts
  const disk = machine.goDisk
  /** The client keeps what it could not send yet; this dies with the process. */
  const unsent: BusMessage[] = []
  let sequence = 0

  const manage = (method: string, body: object) =>
    bus.request(`node.management.${nodeId}.${method}/v1`, bytesOf(body), answerMs)

  const register = async (): Promise<void> => {
    const answer = await manage('RegisterNode', { Info: infoOf(parts, '') }).then(read, () => undefined)
    // A node that is refused or not answered exits; the machine starts it again.
    if (answer?.value?.Accepted !== true) return life.end()
    disk.isRegistered = true
    begin()
  }

  const begin = (): void => {
    bus.subscribe(`node.compute.${nodeId}.>`, ({ subject, payload, reply = '' }) => {
      const body = read(payload)
      const error = errorOf(subject, body)
      const value = { ExecutionID: body.ExecutionID ?? body.Execution?.ID, JobID: '' }
      bus.publish(reply, bytesOf(error === '' ? { value } : { error: `error in handler : ${error}`, value: null }))
    })
    every(parts, 'beats', beatMs, () => bus.publish('heartbeat', bytesOf({ NodeID: nodeId, Sequence: ++sequence })))
    every(parts, 'tells its resources', resourcesMs, () => {
      const resources = { AvailableCapacity: work.available, QueueUsedCapacity: work.queued }
      void manage('UpdateResources', { NodeID: nodeId, ...resources }).catch(() => {})
    })
    every(parts, 'tells of itself', infoMs, () => {
      void manage('UpdateNodeInfo', { Info: infoOf(parts, '') }).catch(() => {})
    })
    every(parts, 'sends what it kept', reconnectMs, send)
  }

  /** Nothing here waits to be accepted. */
  const errorOf = (subject: string, body: any): string => {
    if (subject.includes('.AskForBid/')) return ask(body) ? '' : unknown
    if (!subject.includes('.BidAccepted/')) return work.cancel(body.ExecutionID) ? '' : unknown
    const state = disk.executions.get(body.ExecutionID)
    if (state === 'ended') parts.world.counts.add('go node asked for what it ended')
    return state ? `execution is in state ${stateNames[state]} but expected one of [Created]` : unknown
  }

  const ask = ({ Execution, SourcePeerID }: any): boolean => {
    disk.requesterId = SourcePeerID
    const text = 'execution already exists'
    if (!work.take(Execution, false)) report({ kind: 'failed', executionId: Execution.ID, text, failsExecution: false })
    return true
  }

  const send = (): void => {
    for (let next = unsent[0]; next; next = unsent[0]) {
      if (!network.sendOnce(life, next)) return
      unsent.shift()
    }
  }

  const report = (given: GoReport): void => {
    const { method, body } = callbackOf(given)
    const payload = bytesOf({ SourcePeerID: nodeId, ExecutionID: given.executionId, JobID: '', ...body })
    unsent.push({ subject: `node.orchestrator.${disk.requesterId}.${method}/v1`, payload })
    send()
  }

  return { report, start: () => (disk.isRegistered ? begin() : void register()) }
}

function callbackOf(report: GoReport): { method: string; body: object } {
  switch (report.kind) {
    case 'failed':
      return { method: 'OnComputeFailure', body: { Event: eventOf(report.text, report.failsExecution) } }
    case 'accepted':
      return { method: 'OnBidComplete', body: { Accepted: true, Wait: true, Event: eventOf('Accepted job', false) } }
    case 'cancelled':
      return { method: 'OnCancelComplete', body: {} }
    case 'ended':
      return {
        method: 'OnRunComplete',
        body: { PublishResult: report.published, RunCommandResult: outputOf(report.exitCode, report.errorText) },
      }
  }
}

const read = (bytes: Uint8Array): any => JSON.parse(Buffer.from(bytes).toString())
