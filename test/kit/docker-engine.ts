import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ownBridge } from './docker-bridge.ts'
import { type EngineProgram, type OwnEngine, startEngine, type TestEngine } from './engine-process.ts'

/**
 * Starts a Docker engine of its own, with the test images in it. `undefined` when Docker is not installed or we may not start
 * it. An engine that DOCKER_HOST names is taken as it is.
 */
export async function dockerEngine(env: NodeJS.ProcessEnv = process.env): Promise<TestEngine | undefined> {
  if (env['DOCKER_HOST']) return { host: env['DOCKER_HOST'], stop: async () => {} }
  return canStartDocker() ? startDockerd() : undefined
}

/** One that no other suite uses, without networks. It is apart from those of the machine: it would remove docker0 there. */
export const ownDockerEngine = (...extra: string[]): Promise<OwnEngine> =>
  startEngine('dockerd', ...dockerds(['unshare', '--net'], ['--bridge=none', '--iptables=false', ...extra]))

/** With a bridge of its own, and no rules of a firewall, which all engines of a machine write into the same tables. */
function startDockerd(): Promise<OwnEngine> {
  const bridge = ownBridge()
  return startEngine('dockerd', ...dockerds([], [`--bridge=${bridge.name}`, '--iptables=false'], bridge.remove))
}

/** Whether dockerd and a static busybox are installed and we are root, which dockerd needs. */
export function canStartDocker(): boolean {
  return (
    process.getuid?.() === 0 && ['/usr/sbin/dockerd', '/usr/bin/dockerd'].some(existsSync) && existsSync('/bin/busybox')
  )
}

/** With the storage that fits the machine, else with the one that fits all. */
const dockerds = (within: string[], extra: string[], afterEnd?: () => void): EngineProgram[] =>
  [[], ['--storage-driver', 'vfs']].map((storage) => ({
    command: (dir, socket) => [
      ...[...within, 'dockerd', '-H', `unix://${socket}`, '--pidfile', join(dir, 'pid')],
      ...['--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec'), ...storage, ...extra],
    ],
    // It stops its containers and containerd itself when it ends.
    companion: (dir) => join(dir, 'exec/containerd/containerd.pid'),
    ...(afterEnd && { afterEnd }),
  }))
