import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import type { agentEndpoints, DiskUse, legacyEndpoints } from '#api/agent.ts'
import type { AgentApi } from '#contracts/control-plane.ts'
import type { BuildVersionInfo } from '#models/node.ts'
import type { Handlers } from '../handler.ts'
import type { Oauth2Settings } from '../settings.ts'

/** What the node says of itself. */
export function agentHandlers(
  agent: AgentApi,
  version: BuildVersionInfo,
  oauth2: Oauth2Settings | undefined,
): Handlers<typeof agentEndpoints> {
  let document: Promise<object> | undefined
  return {
    alive: () => ({ Status: 'OK' }),
    version: () => version,
    node: () => agent.self(),
    debug: () => agent.debug(),
    config: () => ({ config: agent.config() }),
    authconfig: () => ({ Version: '1.0.0', Config: given(oauth2 ?? {}) }),
    openapi: () => (document ??= documentOf(version)),
  }
}

/** Few ask for it, so it is loaded and made when one does. */
async function documentOf({ GitVersion }: BuildVersionInfo): Promise<object> {
  const { openApiDocument } = await import('#api/openapi/document.ts')
  return openApiDocument(GitVersion.replace(/^v/, ''))
}

/** Without what was left empty. */
const given = (settings: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== '' && value !== 0 && value.length !== 0))

/** The same for clients of earlier versions. */
export const legacyHandlers = (agent: AgentApi, version: BuildVersionInfo): Handlers<typeof legacyEndpoints> => ({
  id: async () => (await agent.self()).Info.NodeID,
  livez: () => 'OK',
  healthz: async () => ({ FreeSpace: { tmp: await diskUse(tmpdir()), root: await diskUse('/') } }),
  nodeInfo: () => agent.self(),
  clientVersion: () => ({ build_version_info: version }),
  async computeDebug() {
    const { ActiveJobs = [], jobsCompleted = 0 } = await agent.debug()
    return { ActiveJobs, jobsCompleted }
  },
})

async function diskUse(path: string): Promise<DiskUse> {
  const { blocks, bavail, bsize } = await statfs(path)
  return { All: blocks * bsize, Used: (blocks - bavail) * bsize, Free: bavail * bsize }
}
