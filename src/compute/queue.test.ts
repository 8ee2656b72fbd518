import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWantedBy } from '#models/gpu-vendor.ts'
import type { ExecutionId } from '#models/ids.ts'
import { fitsInto, type Gpu, type Resources } from '#models/resources.ts'
import { Capacity } from './capacity/capacity.ts'
import { Queue } from './queue.ts'

const amount = (CPU: number, GPU = 0): Resources => ({ CPU, Memory: CPU, Disk: 0, GPU })
const gpu = (Index: number, Vendor = 'NVIDIA'): Gpu => ({ Index, Name: 'T4', Vendor, Memory: 1, PCIAddress: '' })
const any = () => true

describe('the queue of a node', () => {
  it('starts higher priority first, then in order, and lets nothing overtake the head [W31]', () => {
    const queue = new Queue()
    const capacity = new Capacity(amount(4))
    for (const [name, priority, cpu] of [
      ['a', 0, 1],
      ['b', 5, 4],
      ['c', 0, 1],
    ] as const) {
      queue.add({ executionId: name as ExecutionId, priority, need: amount(cpu), isWanted: any })
    }
    const first = queue.takeNext(capacity)
    expect(first?.item.executionId).toBe('b')
    expect(queue.takeNext(capacity)).toBeUndefined()
    if (first) capacity.giveBack(first.taken)
    expect(queue.takeNext(capacity)?.item.executionId).toBe('a')
    expect(queue.takeNext(capacity)?.item.executionId).toBe('c')
  })

  it('a cancelled entry is gone at once and its usage with it [W31]', () => {
    const queue = new Queue()
    queue.add({ executionId: 'a' as ExecutionId, priority: 0, need: amount(2), isWanted: any })
    expect(queue.remove('a' as ExecutionId)).toBe(true)
    expect(queue.remove('a' as ExecutionId)).toBe(false)
    expect(queue.waiting.CPU).toBe(0)
  })
})

describe('the capacity of a node', () => {
  it('hands out each GPU once [R145]', () => {
    const capacity = new Capacity({ ...amount(8, 2), GPUs: [gpu(0), gpu(1)] })
    const one = capacity.take(amount(1, 1))
    const two = capacity.take(amount(1, 1))
    expect([one?.GPUs?.[0]?.Index, two?.GPUs?.[0]?.Index]).toEqual([0, 1])
    expect(capacity.take(amount(1, 1))).toBeUndefined()
  })

  it('hands out GPUs of the vendor that a job asks for, although others are free [R145]', () => {
    const GPUs = [gpu(0, 'Intel'), gpu(0), gpu(1)]
    const capacity = new Capacity({ ...amount(8, 3), GPUs })
    const Constraints = [{ Key: 'GPU-NVIDIA', Operator: 'exists', Values: [] }]
    const [one, two] = [1, 2].map(() => capacity.take(amount(1, 1), isWantedBy({ Constraints })))
    expect([one?.GPUs, two?.GPUs]).toEqual([[gpu(0)], [gpu(1)]])
    expect(capacity.take(amount(1, 1), isWantedBy({ Constraints }))).toBeUndefined()
    expect(capacity.take(amount(1, 1))?.GPUs).toEqual([gpu(0, 'Intel')])
    if (one) capacity.giveBack(one)
    expect(capacity.available).toMatchObject({ GPU: 1 })
    expect(capacity.take(amount(1, 1), isWantedBy({ Constraints }))?.GPUs).toEqual([gpu(0)])
  })

  it('is never over-committed and comes back whole [I5, W34]', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ cpu: fc.integer({ min: 0, max: 5 }), isBack: fc.boolean() })), (steps) => {
        const capacity = new Capacity(amount(8))
        const held: Resources[] = []
        for (const { cpu, isBack } of steps) {
          const last = isBack ? held.pop() : undefined
          if (last) capacity.giveBack(last)
          else {
            const taken = capacity.take(amount(cpu))
            if (taken) held.push(taken)
          }
          expect(fitsInto(capacity.used, capacity.max)).toBe(true)
        }
        for (const taken of held) capacity.giveBack(taken)
        expect(capacity.available).toEqual(amount(8))
      }),
    )
  })
})
