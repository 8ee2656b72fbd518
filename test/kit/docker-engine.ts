import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineProgram, type OwnEngine, startEngine, type TestEngine } from './engine-process.ts'
import { ownBridge } from './own-bridge.ts'

/**
 * Starts a Docker engine of its own, with the test images in it. `undefined` when Docker is not installed or we may not start
 * it. An engine that DOCKER_HOST names is taken as it is.
 */
export async function dockerEngine(env: NodeJS.ProcessEnv = process.env): Promise<TestEngine | undefined> {
  if (env['DOCKER_HOST']) return { host: env['DOCKER_HOST'], stop: async () => {} }
  return canStartDocker() ? startDockerd() : undefined
}

/**
 * With a bridge of its own: on docker0, which each would take otherwise, two give out the same addresses, and it is also that of
 * whoever uses Docker on this machine. Without rules of a firewall, which all engines of a machine write into the same tables.
 */
function startDockerd(): Promise<OwnEngine> {
  const bridge = ownBridge((number) => [`10.213.${number}.1/24`])
  const flags = [`--bridge=${bridge.name}`, '--iptables=false']
  return startEngine('dockerd', ...dockerds({ flags, afterEnd: bridge.remove }))
}

/** One that no other suite uses, without networks. It is apart from those of the machine: it would remove docker0 there. */
export const ownDockerEngine = (...flags: string[]): Promise<OwnEngine> =>
  startEngine('dockerd', ...dockerds(apart(flags)))

/** One that can run containers in gVisor. That has no network here: it looks for files of the kernel that a container has not. */
export function gvisorEngine(): Promise<OwnEngine> {
  const runtime = { path: gvisorProgram, runtimeArgs: ['--platform=ptrace', '--network=none'] }
  return startEngine('dockerd', ...dockerds({ ...apart([]), settings: { runtimes: { [gvisorRuntime]: runtime } } }))
}

/** The name under which `gvisorEngine` knows gVisor. */
export const gvisorRuntime = 'runsc'
const gvisorProgram = '/usr/bin/runsc'

/** Whether dockerd and a static busybox are installed and we are root, which dockerd needs. */
export function canStartDocker(): boolean {
  return (
    process.getuid?.() === 0 && ['/usr/sbin/dockerd', '/usr/bin/dockerd'].some(existsSync) && existsSync('/bin/busybox')
  )
}

export const canStartGvisor = (): boolean => canStartDocker() && existsSync(gvisorProgram)

type Dockerd = { within?: string[]; flags: string[]; settings?: object; afterEnd?: () => void }

const apart = (flags: string[]): Dockerd => ({
  within: ['unshare', '--net'],
  flags: ['--bridge=none', '--iptables=false', ...flags],
})

/** With the storage that fits the machine, else with the one that fits all. */
const dockerds = ({ within = [], flags, settings = {}, afterEnd }: Dockerd): EngineProgram[] =>
  [[], ['--storage-driver', 'vfs']].map((storage) => ({
    command: (dir, socket) => [
      ...[...within, 'dockerd', '-H', `unix://${socket}`, '--pidfile', join(dir, 'pid')],
      ...['--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec')],
      ...['--config-file', settingsFile(dir, settings), ...storage, ...flags],
    ],
    // It stops its containers and containerd itself when it ends.
    companion: (dir) => join(dir, 'exec/containerd/containerd.pid'),
    ...(afterEnd && { afterEnd }),
  }))

function settingsFile(dir: string, settings: object): string {
  const path = join(dir, 'daemon.json')
  writeFileSync(path, JSON.stringify(settings))
  return path
}
