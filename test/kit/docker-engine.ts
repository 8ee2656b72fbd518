import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineProgram, type OwnEngine, startEngine, type TestEngine } from './engine-process.ts'

/**
 * Starts a Docker engine of its own, with the test images in it. `undefined` when Docker is not installed or we may not start
 * it. An engine that DOCKER_HOST names is taken as it is.
 */
export async function dockerEngine(env: NodeJS.ProcessEnv = process.env): Promise<TestEngine | undefined> {
  if (env['DOCKER_HOST']) return { host: env['DOCKER_HOST'], stop: async () => {} }
  return canStartDocker() ? startDockerd() : undefined
}

/** One that no other suite uses. It has no network, whose rules it would have to share with the others. */
export const ownDockerEngine = (...extra: string[]): Promise<OwnEngine> =>
  startDockerd('--bridge=none', '--iptables=false', ...extra)

const startDockerd = (...extra: string[]): Promise<OwnEngine> =>
  startEngine('dockerd', dockerd(...extra), dockerd('--storage-driver', 'vfs', ...extra))

/** Whether dockerd and a static busybox are installed and we are root, which dockerd needs. */
export function canStartDocker(): boolean {
  return (
    process.getuid?.() === 0 && ['/usr/sbin/dockerd', '/usr/bin/dockerd'].some(existsSync) && existsSync('/bin/busybox')
  )
}

/** It stops its containers and containerd itself when it ends. */
const dockerd = (...extra: string[]): EngineProgram => ({
  command: (dir, socket) => [
    ...['dockerd', '-H', `unix://${socket}`, '--pidfile', join(dir, 'pid')],
    ...['--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec'), ...extra],
  ],
  companion: (dir) => join(dir, 'exec/containerd/containerd.pid'),
})
