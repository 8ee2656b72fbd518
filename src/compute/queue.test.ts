import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExecutionId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'
import { Capacity } from './capacity/capacity.ts'
import { Queue } from './queue.ts'

const amount = (CPU: number): Resources => ({ CPU, Memory: CPU, Disk: 0, GPU: 0 })
const any = () => true

type Asked = { cpu: number; priority?: number }
const queueOf = (asked: readonly Asked[]): Queue => {
  const queue = new Queue()
  for (const [i, { cpu, priority = 0 }] of asked.entries())
    queue.add({ executionId: `e-${i}` as ExecutionId, priority, need: amount(cpu), isWanted: any })
  return queue
}
/** Starts all that may start now. */
const pump = (queue: Queue, capacity: Capacity): { index: number; taken: Resources }[] => {
  const next = queue.takeNext(capacity)
  return next ? [{ index: Number(next.item.executionId.slice(2)), taken: next.taken }, ...pump(queue, capacity)] : []
}
const started = (queue: Queue, capacity: Capacity): number[] => pump(queue, capacity).map(({ index }) => index)

describe('the queue of a node', () => {
  it('starts higher priority first, then in order [W31]', () => {
    const queue = queueOf([{ cpu: 1 }, { cpu: 1, priority: 5 }, { cpu: 1 }, { cpu: 1, priority: 5 }])
    expect(started(queue, new Capacity(amount(4)))).toEqual([1, 3, 0, 2])
  })

  it('uses room that is too small for the first, until eight have overtaken it: then it is kept [W31]', () => {
    const capacity = new Capacity(amount(4))
    const queue = queueOf([{ cpu: 2 }, { cpu: 4 }, ...Array.from({ length: 20 }, () => ({ cpu: 1 }))])
    const running = pump(queue, capacity)
    const end = (at: number) => running.splice(at, 1).forEach(({ taken }) => capacity.giveBack(taken))
    expect(running.map(({ index }) => index)).toEqual([0, 2, 3])
    for (let freed = 0; freed < 6; freed++) {
      end(1)
      const next = pump(queue, capacity)
      expect(next).toHaveLength(1)
      running.push(...next)
    }
    end(1)
    expect(pump(queue, capacity)).toEqual([])
    while (running.length > 0) end(0)
    expect(started(queue, capacity)).toEqual([1])
  })

  it('a cancelled entry is gone at once, its usage and what was kept for it with it [W31]', () => {
    const queue = queueOf([{ cpu: 2 }])
    expect(queue.remove('e-0' as ExecutionId)).toBe(true)
    expect(queue.remove('e-0' as ExecutionId)).toBe(false)
    expect([queue.waiting.CPU, queue.length]).toEqual([0, 0])
  })

  it('starts all there is, and nothing overtakes more than eight times, whatever comes and ends when [W31]', () => {
    const work = fc.array(fc.record({ cpu: fc.integer({ min: 1, max: 8 }), priority: fc.nat(2) }), { maxLength: 60 })
    fc.assert(
      fc.property(work, fc.infiniteStream(fc.nat()), (asked, picks) => {
        const capacity = new Capacity(amount(8))
        const queue = queueOf(asked)
        const running: Resources[] = []
        const order: number[] = []
        while (order.length < asked.length) {
          for (const { index, taken } of pump(queue, capacity)) {
            order.push(index)
            running.push(taken)
          }
          const [ended] = running.splice((picks.next().value ?? 0) % running.length, 1)
          if (ended) capacity.giveBack(ended)
        }
        const goesBefore = (a: number, b: number): boolean =>
          (asked[a]?.priority ?? 0) > (asked[b]?.priority ?? 0) || (asked[a]?.priority === asked[b]?.priority && a < b)
        for (const [place, each] of order.entries())
          expect(order.slice(0, place).filter((other) => goesBefore(each, other)).length).toBeLessThanOrEqual(8)
      }),
    )
  })

  it('names what asks for more than there is by now, GPUs of the wanted vendor too [R206]', () => {
    const gpu = (Vendor: string) => ({ Index: 0, Name: 'X', Vendor, Memory: 1, PCIAddress: '' })
    const queue = queueOf([{ cpu: 1 }, { cpu: 3 }])
    const need = { ...amount(1), GPU: 1 }
    queue.add({ executionId: 'e-2' as ExecutionId, priority: 0, need, isWanted: ({ Vendor }) => Vendor === 'NVIDIA' })
    const capacity = new Capacity({ ...amount(4), GPU: 1, GPUs: [gpu('NVIDIA')] })
    expect(queue.outgrown(capacity)).toEqual([])
    capacity.resize({ ...amount(2), GPU: 1, GPUs: [gpu('Intel')] })
    expect(queue.outgrown(capacity)).toEqual(['e-1', 'e-2'])
  })
})
