import { describe, expect, it } from 'vitest'
import { goResources } from './node-info.ts'

describe('what a Go node tells of its resources', () => {
  it('is read with its graphics cards, what is absent as zero', () => {
    expect(goResources({ CPU: 2, GPU: 1, GPUs: [{ Name: 'A100', Vendor: 'NVIDIA' }] }, 'MaxCapacity')).toEqual({
      CPU: 2,
      Memory: 0,
      Disk: 0,
      GPU: 1,
      GPUs: [{ Index: 0, Name: 'A100', Vendor: 'NVIDIA', Memory: 0, PCIAddress: '' }],
    })
  })

  it.each([
    [{ GPUs: [{ Name: { a: 1 } }] }, 'MaxCapacity.GPUs[0].Name must be text'],
    [{ GPUs: ['A100'] }, 'MaxCapacity.GPUs[0] must be an object'],
    [{ CPU: -1 }, 'MaxCapacity.CPU must be a number, 0 or more'],
  ])('is refused in another form, with its name: %j', (value, sentence) => {
    expect(() => goResources(value, 'MaxCapacity')).toThrow(sentence)
  })
})
