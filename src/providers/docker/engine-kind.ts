import type { DockerApi, EngineVersion } from './api.ts'

type Info = { LiveRestoreEnabled?: boolean; SecurityOptions?: string[] | null }

const infoOf = (api: DockerApi) => api.call<Info>('GET', '/info').catch(() => undefined)

async function isDocker(api: DockerApi): Promise<boolean> {
  const version = await api.call<EngineVersion>('GET', '/version').catch(() => undefined)
  return version?.Components?.some(({ Name }) => Name === 'Engine') === true
}

/** Throws when the engine does not say what it is. */
export async function isPodman(api: DockerApi, signal?: AbortSignal): Promise<boolean> {
  const { Components } = await api.call<EngineVersion>('GET', '/version', { ...(signal && { signal }) })
  return Components?.some(({ Name }) => Name === 'Podman Engine') === true
}

/**
 * Whether containers go on while the engine is away: with Docker by its setting, with Podman always, whose service has no part
 * in them. When they do not, nothing that has ended meanwhile can be trusted to have ended of itself.
 */
export async function outlivesEngine(api: DockerApi): Promise<boolean> {
  return (await infoOf(api))?.LiveRestoreEnabled === true || !(await isDocker(api))
}

/** Whether root in its containers is root of the machine. */
export async function isRootsEngine(api: DockerApi): Promise<boolean> {
  const info = await infoOf(api)
  return info !== undefined && !(info.SecurityOptions ?? []).some((each) => /^name=(?:rootless|userns)/.test(each))
}
