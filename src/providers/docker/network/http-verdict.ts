import { arch } from 'node:os'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import type { DockerTarget } from '../docker-host.ts'
import type { DockerSettings } from '../settings.ts'
import { runsInNetworks } from './enter-network.ts'
import { idleProgram } from './idle-program.ts'

/** Runtimes whose containers have a network of this machine's kernel; others bring their own, whose loopback we cannot open. */
export const kernelRuntimes = ['', 'runc', 'crun', 'io.containerd.runc.v2']

/** Whether programs of this engine can have a network with HTTP only. */
export async function httpVerdict(
  target: DockerTarget,
  { runtime }: Pick<DockerSettings, 'runtime'>,
): Promise<Verdict> {
  const why = (reason: string, cure: string) =>
    no(`this node cannot filter HTTP traffic of containers: ${reason}`, cure)
  if (target.connection.socketPath === undefined) {
    return why('its Docker engine is on another machine', 'Run the node beside the engine')
  }
  if (!kernelRuntimes.includes(runtime)) {
    return why(`the runtime ${runtime} has a network of its own`, 'Use a node with the usual runtime')
  }
  if (!idleProgram(arch())) return why(`not on ${arch()}`, 'Use a node on x64 or arm64')
  if (!(await runsInNetworks(['true']))) {
    return why('it may not enter their networks', 'Run the node as root, with nsenter (util-linux) installed')
  }
  return yes
}
