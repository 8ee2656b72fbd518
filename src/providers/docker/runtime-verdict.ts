import { no, type Verdict, yes } from '#contracts/verdict.ts'
import type { DockerApi } from './api.ts'
import { isPodman } from './engine-kind.ts'

/** Whether containers would run in the runtime that the operator named; '' = whichever the engine has. */
export async function runtimeVerdict(api: DockerApi, runtime: string, signal: AbortSignal): Promise<Verdict> {
  if (runtime === '') return yes
  if (await isPodman(api, signal)) {
    return no(
      `Podman does not run containers in the runtime ${runtime} because a client says so`,
      'Name the runtime in containers.conf of Podman, and leave Compute.Docker.Runtime empty; or use a Docker Engine',
    )
  }
  // Docker finds these by themselves, and does not list them.
  if (/[./]/.test(runtime)) return yes
  const { Runtimes = {} } = await api.call<{ Runtimes?: Record<string, object> }>('GET', '/info', { signal })
  if (Object.hasOwn(Runtimes, runtime)) return yes
  return no(
    `the container engine has no runtime ${runtime}, only ${Object.keys(Runtimes).sort().join(', ')}`,
    'Add it to the runtimes in daemon.json of the engine, or name another in Compute.Docker.Runtime',
  )
}
