import type { Bus, Subscription } from '#contracts/bus.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import { Rounds } from '#lib/rounds.ts'
import type { NodeId } from '#models/ids.ts'
import { nsOf, recordOf, textOf } from './go/checked.ts'

export type BusClaimParts = {
  bus: Bus
  nodeId: NodeId
  clock: Clock
  random: Random
  /** Another orchestrator has the older claim: this one must stop. */
  onOlder: (fault: Fault) => void
}

/** `Token` tells two claims of one moment apart. */
type Claim = { NodeID: string; Since: bigint; Token: string }

const subject = 'bacalhau.global.orchestrator.who'
const answerLimitMs = 1_000
const everyMs = 10_000

/**
 * Makes this orchestrator the one of its bus. Two of them would both answer every node, so one that finds another there is
 * told to stay away: a Fault Conflict. One that has died answers nobody. Claims made in the same moment, or on servers
 * that found each other later, are compared: each is told again and again, and the younger one gives way.
 */
export async function claimBus(parts: BusClaimParts): Promise<Subscription> {
  const { bus, nodeId, clock, random, onOlder } = parts
  const own: Claim = { NodeID: nodeId, Since: clock.nowNs(), Token: random.uuid() }
  const bytes = Buffer.from(exactJson(own))
  const other = await bus.request(subject, bytes, answerLimitMs).catch(nobodyAnswers)
  if (other) throw taken(readClaim(other)?.NodeID ?? 'of another release')
  const tell = (): void => bus.publish(subject, bytes)
  const heard = bus.subscribe(subject, ({ payload, reply }) => {
    if (reply) return bus.publish(reply, bytes)
    const claim = readClaim(payload)
    if (!claim || claim.Token === own.Token) return
    if (isOlder(claim, own)) onOlder(taken(claim.NodeID))
    else tell()
  })
  const rounds = new Rounds(clock, async () => {
    tell()
    return everyMs
  })
  rounds.start()
  return {
    stop: () => {
      heard.stop()
      void rounds.stop()
    },
  }
}

const isOlder = (a: Claim, b: Claim): boolean => (a.Since === b.Since ? a.Token < b.Token : a.Since < b.Since)

/** Undefined = it is none. */
function readClaim(bytes: Uint8Array): Claim | undefined {
  try {
    const wire = recordOf(parseExact(Buffer.from(bytes).toString('utf8')), 'the claim')
    const Since = nsOf(wire.Since, 'Since')
    return { NodeID: textOf(wire.NodeID, 'NodeID').slice(0, 255), Since, Token: textOf(wire.Token, 'Token') }
  } catch {
    return undefined
  }
}

const taken = (other: string): Fault =>
  new Fault('Conflict', `orchestrator ${other} is on these NATS servers already`, {
    component: 'NodeLink',
    hint: 'Stop it, or give this one servers (or an account there) of its own.',
  })

/** Nobody listens, or who did is gone without a word. Anything else says nothing about another orchestrator. */
const nobodyAnswers = (error: unknown): undefined => {
  const { code } = faultOf(error)
  if (code !== 'ServiceUnavailable' && code !== 'Timeout') throw error
}
