import { keys } from '#config/tree.ts'
import type { Cli, Completed } from '../command.ts'
import type { Candidate } from './candidates.ts'

/** A shell waits for the answer. */
const limitMs = 1_500
const jobLimit = 100

/** What there is now: jobs and nodes from the server, settings and profiles from this machine. */
export async function liveCandidates(kind: Completed, begun: string, cli: Cli): Promise<readonly Candidate[]> {
  const found = await sources[kind](cli)
  return found.filter(({ word }) => word.startsWith(begun))
}

const sources: Readonly<Record<Completed, (cli: Cli) => Promise<readonly Candidate[]>>> = {
  async job(cli) {
    const query = { limit: jobLimit, order_by: 'created_at', reverse: true }
    const { Items } = await (await cli.client()).jobs.list(query, { signal: AbortSignal.timeout(limitMs) })
    return Items.map(({ ID, Name, State }) => ({
      word: ID,
      about: `${Name === ID ? '' : `${Name}, `}${State.StateType}`,
    }))
  },
  async node(cli) {
    const { Nodes } = await (await cli.client()).nodes.list({}, { signal: AbortSignal.timeout(limitMs) })
    return Nodes.map(({ Info, Membership, ConnectionState }) => ({
      word: Info.NodeID,
      about: `${Info.NodeType}, ${Membership}, ${ConnectionState.Status}`,
    }))
  },
  setting: async () => keys.map(({ path, leaf }) => ({ word: path, about: leaf.about })),
  async profile(cli) {
    const { Profiles } = await import('../profiles/profiles.ts')
    const profiles = await new Profiles(await cli.dataDir(), cli).list()
    return profiles.map(({ name, profile }) => ({ word: name, about: profile.description || profile.endpoint }))
  },
  nothing: async () => [],
}
