import { describe, expect, it } from 'vitest'
import { load } from '#config/load.ts'
import type { NodeId } from '#models/ids.ts'
import type { Gpu } from '#models/resources.ts'
import { capacityOf, jobLimitsOf, orchestratorSettings } from './part-settings.ts'

const gib = 1024 ** 3
const gpu = (Index: number): Gpu => ({ Index, Name: 'T4', Vendor: 'NVIDIA', Memory: 1, PCIAddress: '' })
const GPUs = [gpu(0), gpu(1), gpu(4)]
const machine = { CPU: 10, Memory: 10 * gib, Disk: 100 * gib, GPU: 3, GPUs }

const offered = (pairs: Record<string, string> = {}) => {
  const given = Object.entries(pairs).map(([key, value]) => ({ key: `Compute.${key}`, value }))
  const { settings } = load({ side: 'node', home: '/home/none', pairs: given })
  const capacity = capacityOf(settings, machine)
  return { capacity, perJob: jobLimitsOf(settings, capacity) }
}

describe('what a node offers', () => {
  it('is a share of the machine with all its GPUs, and one job may have all of it [R205, R206]', () => {
    const { capacity, perJob } = offered()
    expect(capacity).toEqual({ CPU: 8, Memory: 8 * gib, Disk: 80 * gib, GPU: 3, GPUs })
    expect(perJob).toEqual(capacity)
  })

  it('is what its settings say, as amounts and as shares; GPUs are the first ones, and at least one [R145]', () => {
    const { capacity } = offered({
      'AllocatedCapacity.CPU': '2500m',
      'AllocatedCapacity.Memory': '25.5%',
      'AllocatedCapacity.GPU': '10%',
    })
    expect(capacity).toMatchObject({ CPU: 2.5, Memory: Math.trunc(2.55 * gib), GPU: 1, GPUs: [gpu(0)] })
    expect(offered({ 'AllocatedCapacity.GPU': '0' }).capacity).not.toHaveProperty('GPUs')
  })

  it('goes to one job up to its limit, which is a share of the offer and never more than it [R146]', () => {
    const { perJob } = offered({
      'JobLimits.CPU': '50%',
      'JobLimits.Memory': '1Gb',
      'JobLimits.Disk': '1000Gb',
      'JobLimits.GPU': '2',
    })
    // Any two of the three.
    expect(perJob).toEqual({ CPU: 4, Memory: 1e9, Disk: 80 * gib, GPU: 2, GPUs })
  })
})

const orchestrating = (...pairs: [key: string, value: string][]) => {
  const given = pairs.map(([key, value]) => ({ key, value }))
  const { settings } = load({ side: 'node', home: '/home/none', pairs: given })
  return orchestratorSettings(settings, 'n-1' as NodeId)
}

it('nodes are to be heard at least three times before they are given up', () => {
  expect(orchestrating().heartbeatIntervalMs).toBe(15_000)
  expect(orchestrating(['Orchestrator.NodeManager.DisconnectTimeout', '5s']).heartbeatIntervalMs).toBe(1_667)
  expect(orchestrating(['Compute.Heartbeat.Interval', '2s']).heartbeatIntervalMs).toBe(2_000)
})

it('after a start work is left to nodes of Go as long as these need to greet again: a beat, and 30 s after that [N21]', () => {
  expect(orchestrating().settleMs).toBeGreaterThan(15_000 + 30_000)
  expect(orchestrating(['Orchestrator.NodeManager.DisconnectTimeout', '5s']).settleMs).toBe(5_000)
})
