import type { Bus, Subscription } from '#contracts/bus.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'

const subject = 'bacalhau.global.orchestrator.who'
const answerLimitMs = 1_000

/**
 * Makes this orchestrator the one of its bus. Two of them would both answer every node, so a second one is told to stay
 * away: a Fault Conflict. One that has died answers nobody.
 */
export const claimBus = async (bus: Bus, nodeId: NodeId): Promise<Subscription> => {
  const other = await bus.request(subject, Buffer.from(nodeId), answerLimitMs).catch(nobodyAnswers)
  if (other)
    throw new Fault(
      'Conflict',
      `orchestrator ${Buffer.from(other).toString('utf8')} is on these NATS servers already`,
      {
        component: 'NodeLink',
        hint: 'Stop it, or give this one servers (or an account there) of its own.',
      },
    )
  return bus.subscribe(subject, ({ reply }) => {
    if (reply) bus.publish(reply, Buffer.from(nodeId))
  })
}

/** Nobody listens, or who did is gone without a word. Anything else says nothing about another orchestrator. */
const nobodyAnswers = (error: unknown): undefined => {
  const { code } = faultOf(error)
  if (code !== 'ServiceUnavailable' && code !== 'Timeout') throw error
}
