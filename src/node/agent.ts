import type { AgentApi } from '#contracts/control-plane.ts'
import type { Clock } from '#lib/clock.ts'
import type { NodeInfo, NodeState } from '#models/node.ts'

export type AgentParts = {
  clock: Clock
  info: () => Promise<NodeInfo>
  debug: () => Promise<Record<string, unknown>>
  /** Merged settings, secrets masked. */
  config: () => Record<string, unknown>
}

/** What the contacted node says of itself. It is there, so it is approved and connected. */
export const agentApi = ({ clock, info, debug, config }: AgentParts): AgentApi => {
  const since = clock.nowNs()
  return {
    async self(): Promise<NodeState> {
      return {
        Info: await info(),
        Membership: 'APPROVED',
        ConnectionState: {
          Status: 'CONNECTED',
          LastHeartbeat: clock.nowNs(),
          LastComputeSeqNum: 0,
          LastOrchestratorSeqNum: 0,
          ConnectedSince: since,
          DisconnectedSince: 0n,
          LastError: '',
        },
      }
    },
    debug,
    config,
  }
}
