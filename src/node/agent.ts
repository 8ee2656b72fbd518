import type { AgentApi } from '#contracts/control-plane.ts'
import type { Clock } from '#lib/clock.ts'
import type { NodeInfo, OwnNode } from '#models/node.ts'

export type AgentParts = {
  clock: Clock
  info: () => Promise<NodeInfo>
  /** What the operator should look at. */
  warnings: () => readonly string[]
  debug: () => Promise<Record<string, unknown>>
  /** Merged settings, secrets masked. */
  config: () => Record<string, unknown>
}

/** What the contacted node says of itself. It is there, so it is approved and connected. */
export const agentApi = ({ clock, info, warnings, debug, config }: AgentParts): AgentApi => {
  const since = clock.nowNs()
  return {
    async self(): Promise<OwnNode> {
      const Warnings = warnings()
      return {
        ...(Warnings.length > 0 ? { Warnings } : {}),
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
