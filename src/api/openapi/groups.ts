import { agentEndpoints, legacyEndpoints } from '../agent.ts'
import { authEndpoints } from '../auth.ts'
import type { Endpoint } from '../endpoint.ts'
import { jobEndpoints } from '../jobs.ts'
import { nodeEndpoints } from '../nodes.ts'

/** Rows of the contract that belong together. */
export type Group = { name: string; title: string; rows: Readonly<Record<string, Endpoint<string, any, any, any>>> }

export const groups: readonly Group[] = [
  { name: 'jobs', title: 'Jobs', rows: jobEndpoints },
  { name: 'nodes', title: 'Nodes', rows: nodeEndpoints },
  { name: 'agent', title: 'The node one talks to', rows: agentEndpoints },
  { name: 'auth', title: 'Logging in', rows: authEndpoints },
  { name: 'legacy', title: 'Routes of older clients', rows: legacyEndpoints },
]
