import { realpath } from 'node:fs/promises'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import { Fault } from '#lib/fault.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import type { DockerApi } from './api.ts'
import { inspectContainer } from './container-state.ts'
import { isPodman } from './engine-kind.ts'

/** The part of a container's specification that hands devices in. */
export type GpuDevices = { DeviceRequests?: object[]; Devices?: object[] }

export const noGpuDevices: GpuDevices = {}

/**
 * Devices of the GPUs that were promised. Throws a Fault when one is of a vendor we cannot hand in, is not
 * attached, or when only their number is known: a container without the GPUs it was promised must not start.
 */
export async function gpuDevices(
  resources: Resources,
  resolve: (path: string) => Promise<string> = realpath,
): Promise<GpuDevices> {
  const gpus = resources.GPUs ?? []
  if (resources.GPU > gpus.length) throw refused('the node promised GPUs that it knows no device of', 'node')
  if (gpus.length === 0) return noGpuDevices
  const nvidia = gpus.filter((gpu) => vendorOf(gpu) === 'nvidia')
  const rendered = gpus.filter((gpu) => vendorOf(gpu) !== 'nvidia')
  const devices = (await Promise.all(rendered.map((gpu) => renderDevices(gpu, resolve)))).flat()
  return {
    ...(nvidia.length > 0 && { DeviceRequests: [nvidiaRequest(nvidia)] }),
    ...(devices.length > 0 && { Devices: [...new Set(devices)].map(mapped) }),
  }
}

const noNvidia = 'the container engine of the node hands in no GPUs of NVIDIA'
const noNvidiaHint =
  'Podman hands them in to nobody who asks by the interface of Docker: a node with a Docker Engine does, and GPUs of another vendor can be asked for by a constraint'

/** Whether the engine hands this one in: Podman takes a request for those of NVIDIA, and leaves them out without a word. */
export async function gpuVerdict(api: DockerApi, gpu: Gpu, signal: AbortSignal): Promise<Verdict> {
  return vendorOf(gpu) === 'nvidia' && (await isPodman(api, signal)) ? no(noNvidia, noNvidiaHint) : yes
}

/** Throws a Fault when the container is to have more than it was given. */
export async function checkGpus(api: DockerApi, id: string, { DeviceRequests }: GpuDevices): Promise<void> {
  if (!DeviceRequests) return
  const made = await inspectContainer(api, id)
  if (!made?.HostConfig.DeviceRequests?.length) throw refused(noNvidia, 'node', noNvidiaHint)
}

const vendorOf = (gpu: Gpu): string => gpu.Vendor.toLowerCase()

const nvidiaRequest = (gpus: Gpu[]): object => ({
  DeviceIDs: gpus.map((gpu) => String(gpu.Index)),
  Capabilities: [['gpu']],
})

async function renderDevices(gpu: Gpu, resolve: (path: string) => Promise<string>): Promise<string[]> {
  const isAmd = vendorOf(gpu).startsWith('amd')
  if (!isAmd && vendorOf(gpu) !== 'intel') {
    throw refused(`job requires GPU from unsupported vendor ${JSON.stringify(gpu.Vendor)}`, 'node')
  }
  const links = ['card', 'render'].map((kind) => `/dev/dri/by-path/pci-${gpu.PCIAddress}-${kind}`)
  const found = await Promise.all(links.map((link) => resolve(link).catch(() => missing(link))))
  return [...(isAmd ? ['/dev/kfd'] : []), ...found]
}

const mapped = (path: string): object => ({ PathOnHost: path, PathInContainer: path, CgroupPermissions: 'rwm' })

const missingHint =
  'The operator of the node looks whether the driver of the GPU is loaded and /dev/dri/by-path is there, ' +
  'or has the node offer no such GPU (Compute.AllocatedCapacity.GPU)'

const missing = (link: string): never => {
  throw refused(`could not find attached device for GPU at ${JSON.stringify(link)}`, 'node', missingHint)
}

const refused = (message: string, failureClass: string, hint?: string): Fault =>
  new Fault('ServiceUnavailable', message, {
    component: 'Docker',
    ...(hint && { hint }),
    details: { FailureClass: failureClass },
  })
