import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { goJson } from '#api/encode/go-json.ts'
import type { Bus, BusMessage } from '#contracts/bus.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import { decodeFrame, encodeFrame, typeOf } from '#link/ncl/frame.ts'
import { NclNodes } from '#link/ncl/ncl-nodes.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { absent, goldensDir } from '../../kit/vectors.ts'

const folder = join(goldensDir(), 'wire/v1.9.3')
const handshakeFrame = (id: string) =>
  encodeFrame({ Type: 'transport.HandshakeRequest' }, goJson({ NodeInfo: { NodeID: id, NodeType: 'Compute' } }))

/** Takes what the node says, and keeps it in the order of its numbers. */
const rig = () => {
  const taken: ComputeMessage[] = []
  const sent: { subject: string; bytes: Uint8Array }[] = []
  const refused = vi.fn<() => void>()
  const told: { subject: string; type: string }[] = []
  const end: OrchestratorEnd = {
    handshake: async () => ({ IsAccepted: true, Reason: 'node registered', LinkID: 'l', HeartbeatIntervalMs: 1 }),
    heartbeat: async () => ({ IsKnown: true }),
    updateInfo: async () => ({ IsKnown: true }),
    takeResult: async () => ({ IsTaken: false }),
    uploadAddress: async (nodeId, { ExecutionID }) => `https://store/${nodeId}/${ExecutionID}`,
    readUpload: () => Promise.reject(new Error('nobody sends inputs here')),
    goodbye: async () => {},
    deliver: async (_node, _link, frames) => {
      for (const { Seq, Message } of frames) if (Seq === taken.length + 1) taken.push(Message)
      return { LastSeq: taken.length }
    },
  }
  const bus = {
    maxPayloadBytes: 1024 * 1024,
    publish: (subject: string, bytes: Uint8Array) => void sent.push({ subject, bytes }),
    request: async (subject: string, bytes: Uint8Array) => {
      told.push({ subject, type: typeOf(decodeFrame(bytes)) })
      return Buffer.from('{}')
    },
    subscribe: () => ({ stop: () => {} }),
  } as Partial<Bus> as Bus
  const nodes = new NclNodes({ bus, end, clock: new SystemClock(), random: systemRandom, log: refused })
  return { nodes, taken, sent, told, refused }
}

const recorded = (file: string): { message: BusMessage; reply: string | undefined }[] =>
  readFileSync(join(folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ dir, frame, subject }) => dir === 'C>S' && frame && /\.out\.(ctrl|msgs)$/.test(subject))
    .map(({ subject, json }) => {
      const payload = encodeFrame(json.metadata, JSON.stringify(json.payload).replace(/"@int64:(-?\d+)"/g, '$1'))
      return { message: { subject, payload, reply: 'r' }, reply: json.metadata.Type }
    })

const files = [
  '01-connect-handshake',
  '03-batch-success-local',
  '04-job-failing',
  '06-stop-running',
  '09-execution-timeout',
  '12-compute-killed-mid-job',
  '13-orchestrator-restart-mid-job',
  '14-orchestrator-killed-replay',
  '18-node-rejected-approved-deleted',
  '22-bid-rejected',
]

if (!existsSync(folder)) absent('wire/v1.9.3')
else
  it.each(files)(
    'a real node of %s gets an answer of the recorded kind to all it says, and each report is taken',
    async (name) => {
      const { nodes, taken, sent, told, refused } = rig()
      const lines = recorded(`${name}.jsonl`)
      expect(lines.length).toBeGreaterThan(0)
      const nodeId = lines[0]?.message.subject.split('.')[3] as never
      await nodes.control(nodeId, { subject: 's', reply: 'r', payload: handshakeFrame(nodeId) })
      const expected: string[] = []
      let bids = 0
      for (const { message, reply: type } of lines) {
        sent.length = 0
        if (message.subject.endsWith('.out.ctrl')) {
          await nodes.control(nodeId, message)
          expect(typeOf(decodeFrame(sent[0]?.bytes as Uint8Array))).toBe(String(type).replace('Request', 'Response'))
        } else {
          await nodes.report(nodeId, message)
          expect(String(sent[0]?.bytes)).toBe('{}')
          expected.push(String(type))
          // Who bids is told to start before its bid is acknowledged.
          const isBid = decodeFrame(message.payload).payload.Accepted === true
          if (isBid) expected.push('RunStarted')
          bids += isBid ? 1 : 0
        }
      }
      expect(taken.map(({ Kind }) => Kind)).toEqual(expected)
      const start = { subject: `bacalhau.global.compute.${nodeId}.in.msgs`, type: 'BidAccepted' }
      expect(refused).not.toHaveBeenCalled()
      expect(told).toEqual(Array.from({ length: bids }, () => start))
    },
  )
