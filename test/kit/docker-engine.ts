import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineProgram, startEngine, type TestEngine } from './engine-process.ts'

/**
 * Starts a Docker engine of its own, with the test images in it. `undefined` when Docker is not installed or we may not start
 * it. An engine that DOCKER_HOST names is taken as it is.
 */
export async function dockerEngine(env: NodeJS.ProcessEnv = process.env): Promise<TestEngine | undefined> {
  if (env['DOCKER_HOST']) return { host: env['DOCKER_HOST'], stop: async () => {} }
  if (!canStartDocker()) return undefined
  return startEngine('dockerd', dockerd(), dockerd('--storage-driver', 'vfs'))
}

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
  // The daemon keeps the host's network namespace mounted once a container has used it.
  afterEnd: (dir) => void spawnSync('umount', ['-q', join(dir, 'exec/netns/default')]),
})
