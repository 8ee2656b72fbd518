import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import { cpusOf, detectResources } from './detect-resources.ts'

describe('what a machine has', () => {
  it('is found by itself, and is no more than this process may use [R206]', async () => {
    const found = await detectResources(tmpdir(), () => {})
    expect(found.CPU).toBeGreaterThan(0)
    expect(found.CPU).toBeLessThanOrEqual(Math.max(1, availableParallelism()))
    expect(found.Memory).toBeGreaterThan(0)
    expect(found.Memory).toBeLessThanOrEqual(totalmem())
    expect(found.Disk).toBeGreaterThan(0)
    expect(found.GPU).toBe(found.GPUs?.length ?? 0)
  })

  it('counts the CPUs that the system allows, whatever their numbers are [R206]', () => {
    expect(cpusOf('Name:\tnode\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3,8,10-11\nMems_allowed_list:\t0\n')).toBe(7)
    expect(cpusOf('Cpus_allowed_list:\t5\n')).toBe(1)
    expect(cpusOf('')).toBeUndefined()
  })
})
