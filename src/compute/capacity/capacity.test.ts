import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWantedBy } from '#models/gpu-vendor.ts'
import { fitsInto, type Gpu, type Resources } from '#models/resources.ts'
import { Capacity } from './capacity.ts'

const amount = (CPU: number, GPU = 0): Resources => ({ CPU, Memory: CPU, Disk: 0, GPU })
const gpu = (Index: number, Vendor = 'NVIDIA'): Gpu => ({ Index, Name: 'T4', Vendor, Memory: 1, PCIAddress: '' })
const nameOf = ({ Vendor, Index }: Gpu): string => `${Vendor} ${Index}`

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

  it('is never over-committed nor below nothing, hands out no GPU twice, and comes back whole [I5, W34]', () => {
    const GPUs = [gpu(0), gpu(3), gpu(0, 'Intel'), gpu(5, 'AMD/ATI')]
    const max = { CPU: 2, Memory: 1000, Disk: 500, GPU: 4, GPUs }
    const need = fc.record({
      CPU: fc.integer({ min: 0, max: 2500 }).map((milli) => milli / 1000),
      Memory: fc.nat(1200),
      Disk: fc.nat(600),
      GPU: fc.nat(5),
    })
    const vendor = fc.constantFrom(undefined, 'NVIDIA', 'Intel')
    const step = fc.oneof(fc.record({ need, vendor }), fc.record({ back: fc.nat(10) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const capacity = new Capacity(max)
        const held: Resources[] = []
        for (const each of steps) {
          if ('back' in each) held.splice(each.back, 1).forEach((taken) => capacity.giveBack(taken))
          else {
            const taken = capacity.take(each.need, ({ Vendor }) => each.vendor === undefined || Vendor === each.vendor)
            if (taken) expect(taken.GPUs?.length ?? 0).toBe(each.need.GPU)
            if (taken) held.push(taken)
          }
          const given = held.flatMap(({ GPUs: own }) => own ?? []).map(nameOf)
          const free = (capacity.available.GPUs ?? []).map(nameOf)
          expect([...given, ...free].toSorted()).toEqual(GPUs.map(nameOf).toSorted())
          expect(fitsInto(capacity.used, max)).toBe(true)
          const { CPU, Memory, Disk, GPU } = capacity.available
          expect(Math.min(CPU, Memory, Disk, GPU)).toBeGreaterThanOrEqual(0)
        }
        for (const taken of held) capacity.giveBack(taken)
        expect(capacity.available).toEqual(max)
        expect(capacity.used).toMatchObject({ CPU: 0, Memory: 0, Disk: 0, GPU: 0 })
      }),
    )
  })

  it('takes nothing back twice [W34]', () => {
    const capacity = new Capacity(amount(4))
    const taken = capacity.take(amount(2))!
    capacity.giveBack(taken)
    expect(() => capacity.giveBack(taken)).toThrow('was given')
    expect(capacity.available.CPU).toBe(4)
  })

  it('leaves what ran before a restart the GPUs it had [R145, X14]', () => {
    const capacity = new Capacity({ ...amount(4, 2), GPUs: [gpu(0), gpu(1)] })
    const running = capacity.hold({ ...amount(3, 1), GPUs: [gpu(1)] })
    expect(capacity.available).toMatchObject({ CPU: 1, GPU: 1, GPUs: [gpu(0)] })
    expect(capacity.take(amount(1, 1))?.GPUs).toEqual([gpu(0)])
    capacity.giveBack(running)
    expect(capacity.take(amount(3, 1))?.GPUs).toEqual([gpu(1)])
  })

  it('counts what ran before a restart also when the node offers less by now [I5, W34]', () => {
    const capacity = new Capacity({ ...amount(2, 1), GPUs: [gpu(0)] })
    const running = capacity.hold({ ...amount(3, 2), GPUs: [gpu(0), gpu(1)] })
    expect(capacity.available).toEqual({ ...amount(0), GPUs: [] })
    expect(capacity.take(amount(1))).toBeUndefined()
    capacity.giveBack(running)
    expect(capacity.take(amount(2, 1))?.GPUs).toEqual([gpu(0)])
  })
})
