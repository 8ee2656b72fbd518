import { dirname } from 'node:path/posix'
import type { RunRequest } from '#contracts/engine.ts'
import { Fault } from '#lib/fault.ts'
import type { DockerParams } from './engine-params.ts'
import { type GpuDevices, noGpuDevices } from './gpu-devices.ts'
import type { LogConfig } from './log-copy.ts'
import { labelsOf } from './names.ts'
import { ownNetwork, sharedNetwork } from './network/network-spec.ts'
import { proxyVariables } from './network/proxy-address.ts'
import type { DockerSettings } from './settings.ts'

/** Body of the engine's "create container". */
export type ContainerSpec = Record<string, unknown> & { HostConfig: Record<string, unknown> }

/** What was found or made for one container. */
export type ContainerParts = {
  logConfig: LogConfig
  gpus?: GpuDevices
  /** The container whose network it gets; undefined = it has its own. */
  holder?: string
  /** Whether a variable's name alone, which takes the image's variable away, may be handed on. */
  takesBareNames?: boolean
}

/** What the engine is told about one execution. Pure; throws a Fault for what cannot be had. */
export function containerSpec(
  request: RunRequest,
  params: DockerParams,
  executorId: string,
  settings: DockerSettings,
  { logConfig, gpus = noGpuDevices, holder, takesBareNames = false }: ContainerParts,
): ContainerSpec {
  const { resources } = request
  const network = holder ? sharedNetwork(holder) : ownNetwork(request.network, settings.isDefaultNetworked)
  return {
    Image: params.Image,
    ...(params.Entrypoint && { Entrypoint: params.Entrypoint }),
    ...(params.Parameters && { Cmd: params.Parameters }),
    ...(params.WorkingDirectory && { WorkingDir: params.WorkingDirectory }),
    Env: environment(
      request,
      (params.EnvironmentVariables ?? []).filter((entry) => takesBareNames || !isBareName(entry)),
    ),
    Labels: labelsOf(executorId, request.jobId, request.executionId),
    Tty: false,
    ...network.container,
    HostConfig: {
      ...network.host,
      Mounts: mounts(request),
      Memory: resources.Memory,
      // The same number for both leaves no swap.
      MemorySwap: resources.Memory,
      NanoCpus: nanoCpus(resources.CPU),
      PidsLimit: settings.pidsLimit,
      CapDrop: settings.capDrop,
      ...(settings.isRootReadOnly && { ReadonlyRootfs: true, Tmpfs: { '/tmp': 'nosuid,nodev' } }),
      SecurityOpt: settings.isPrivilegeGained ? [] : ['no-new-privileges'],
      ...hostNamespaces(settings.hostNamespaces),
      RestartPolicy: { Name: 'no' },
      LogConfig: logConfig,
      ...(settings.runtime && { Runtime: settings.runtime }),
      ...gpus,
    },
  }
}

/** Of the tenth of a second in which the kernel counts, it gives out no less than one part in a hundred. */
const leastCpu = 0.01

/** 0 = no limit. A limit that the kernel refuses would let nothing start. */
const nanoCpus = (cpu: number): number => (cpu > 0 ? Math.round(Math.max(cpu, leastCpu) * 1e9) : 0)

/** Each container has its own but for these. */
function hostNamespaces(names: readonly string[]): Record<string, string> {
  const modes = { pid: 'PidMode', ipc: 'IpcMode', uts: 'UTSMode' }
  const shared = Object.entries(modes).filter(([name]) => names.includes(name))
  return Object.fromEntries(shared.map(([, mode]) => [mode, 'host']))
}

export const isBareName = (entry: string): boolean => !entry.includes('=')

/** The engine's own entries win over the task's; a name without `=` takes the image's variable away. The proxy is the only way out. */
function environment({ env, network }: RunRequest, own: readonly string[]): string[] {
  const proxy = network.Type === 'HTTP' ? proxyVariables() : []
  const entries = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...own, ...proxy]
  return [...new Map(entries.map((entry) => [entry.split('=', 1)[0], entry])).values()]
}

function mounts(request: RunRequest): object[] {
  const inputs = request.inputs.map((input) => bind(input.hostPath, input.guestPath, input.isReadOnly))
  const outputs = request.outputs.map(({ hostPath, resultPath }) => bind(hostPath, resultPath.Path, false))
  return [...inputs, ...outputs]
}

/** A missing source is an error instead of a folder that the engine makes. */
function bind(source: string, target: string, isReadOnly: boolean): object {
  if (!target.startsWith('/') || dirname(target) === target) {
    throw new Fault('BadRequest', `cannot mount at ${JSON.stringify(target)}: not an absolute path below /`, {
      component: 'Docker',
      details: { FailureClass: 'user' },
    })
  }
  return { Type: 'bind', Source: source, Target: target, ReadOnly: isReadOnly }
}
