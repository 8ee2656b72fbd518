import { describe, expect, it } from 'vitest'
import type { Gpu } from '#models/resources.ts'
import { gpuDevices } from './gpu-devices.ts'

const gpu = (Vendor: string, Index = 0): Gpu => ({ Index, Name: 'g', Vendor, Memory: 1, PCIAddress: `0000:0${Index}` })
const having = (GPUs: Gpu[], GPU = GPUs.length) => ({ CPU: 0, Memory: 0, Disk: 0, GPU, GPUs })
const resolve = async (path: string) => path.replace('/dev/dri/by-path/pci-', '/dev/dri/')

describe('gpuDevices', () => {
  it('hands NVIDIA devices in by index', async () => {
    expect(await gpuDevices(having([gpu('NVIDIA', 1), gpu('NVIDIA', 3)]))).toEqual({
      DeviceRequests: [{ DeviceIDs: ['1', '3'], Capabilities: [['gpu']] }],
    })
  })

  it('hands the nodes of Intel and AMD devices in, and the driver of AMD once', async () => {
    const { Devices } = await gpuDevices(having([gpu('Intel'), gpu('AMD/ATI', 1), gpu('AMD/ATI', 2)]), resolve)
    const paths = (Devices as { PathOnHost: string }[]).map((device) => device.PathOnHost)
    expect(paths).toEqual([
      '/dev/dri/0000:00-card',
      '/dev/dri/0000:00-render',
      '/dev/kfd',
      '/dev/dri/0000:01-card',
      '/dev/dri/0000:01-render',
      '/dev/dri/0000:02-card',
      '/dev/dri/0000:02-render',
    ])
  })

  it('refuses what it cannot hand in', async () => {
    await expect(gpuDevices(having([gpu('Acme')]))).rejects.toThrow('job requires GPU from unsupported vendor "Acme"')
    await expect(gpuDevices(having([gpu('Intel')]), () => Promise.reject(new Error('gone')))).rejects.toMatchObject({
      message: 'could not find attached device for GPU at "/dev/dri/by-path/pci-0000:00-card"',
      hint: expect.stringContaining('Compute.AllocatedCapacity.GPU'),
    })
    await expect(gpuDevices(having([], 1))).rejects.toThrow('knows no device of')
  })
})
