import { expect, it } from 'vitest'
import { goJson } from '#api/encode/go-json.ts'
import type { Bus, BusMessage } from '#contracts/bus.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import { Fault } from '#lib/fault.ts'
import { decodeFrame, encodeFrame, typeOf } from '#link/ncl/frame.ts'
import { NclNodes } from '#link/ncl/ncl-nodes.ts'
import { NclOrchestrator } from '#link/ncl/orchestrator.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'

const nodeId = 'go-1' as NodeId
const request = { JobID: 'j-1' as JobId, ExecutionID: 'e-1' as ExecutionId }
const refusal = new Fault('BadRequest', 'Managed S3 publisher is not available')
const parts = { clock: new SystemClock(), random: systemRandom, log: () => {} }

/** An orchestrator that knows of `e-1` only, and both sides of release 1.9 over one bus; what was said is noted. */
async function rig() {
  const said: { subject: string; request: unknown; answer: unknown }[] = []
  const end: Partial<OrchestratorEnd> = {
    handshake: async () => ({ IsAccepted: true, Reason: 'node registered', LinkID: 'l', HeartbeatIntervalMs: 1 }),
    uploadAddress: async (node, { ExecutionID }) => {
      if (ExecutionID !== 'e-1') throw refusal
      return `https://store/${node}/${ExecutionID}`
    },
  }
  const answers: Buffer[] = []
  const bus = {
    publish: (_reply: string, bytes: Uint8Array) => void answers.push(Buffer.from(bytes)),
    subscribe: () => ({ stop: () => {} }),
    request: async (subject: string, payload: Uint8Array) => {
      const message: BusMessage = { subject, payload, reply: 'r' }
      await (subject.endsWith('out.requests') ? nodes.request(nodeId, message) : nodes.control(nodeId, message))
      const answer = answers.shift() as Buffer
      said.push({ subject, request: decodeFrame(payload), answer: decodeFrame(answer) })
      return answer
    },
  } as Partial<Bus> as Bus
  const nodes = new NclNodes({ ...parts, bus, end: end as OrchestratorEnd })
  const shakeHands = () => {
    const info = goJson({ NodeInfo: { NodeID: nodeId, NodeType: 'Compute' } })
    return bus.request('out.ctrl', encodeFrame({ Type: 'transport.HandshakeRequest' }, info), 1)
  }
  return { orchestrator: new NclOrchestrator({ ...parts, bus, nodeId }), shakeHands, said }
}

it('a node of release 1.9 asks where its result goes in the words of that release, and is answered in them', async () => {
  const { orchestrator, shakeHands, said } = await rig()
  await shakeHands()
  expect(await orchestrator.uploadAddress(nodeId, request)).toBe('https://store/go-1/e-1')
  expect(said.at(-1)).toMatchObject({
    subject: 'bacalhau.global.compute.go-1.out.requests',
    request: {
      metadata: { Type: 'managedPublisher.PreSignURLRequest' },
      payload: { Events: null, ExecutionID: 'e-1', JobID: 'j-1' },
    },
    answer: {
      metadata: { Type: 'managedPublisher.PreSignURLResponse' },
      payload: { ExecutionID: 'e-1', JobID: 'j-1', PreSignedURL: 'https://store/go-1/e-1' },
    },
  })
})

it('is told the reason when there is no such store or execution, and to connect when it is not known', async () => {
  const { orchestrator, shakeHands, said } = await rig()
  await expect(orchestrator.uploadAddress(nodeId, request)).rejects.toThrow('handshake required')
  await shakeHands()
  const other = { ...request, ExecutionID: 'e-2' as ExecutionId }
  await expect(orchestrator.uploadAddress(nodeId, other)).rejects.toThrow(refusal.message)
  expect(typeOf(said.at(-1)?.answer as never)).toBe('BacError')
})
