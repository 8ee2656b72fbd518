import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JobId } from '#models/ids.ts'
import { type Ask, Broker } from './broker.ts'

const ask = (name: string, priority = 0): Ask => ({
  jobId: name as JobId,
  priority,
  trigger: 'job-register',
  evaluationId: '',
})

describe('the broker', () => {
  it('hands out higher priority first, then first come [R108, W24, W25]', () => {
    const broker = new Broker()
    for (const each of [ask('a'), ask('b', 5), ask('c'), ask('d', 5)]) broker.ask(each)
    expect([1, 2, 3, 4].map(() => broker.take()?.jobId)).toEqual(['b', 'd', 'a', 'c'])
  })

  it('hands out a job that is asked for again by its higher priority, and once [R108, W25]', () => {
    const broker = new Broker()
    for (const each of [ask('a'), ask('b', 3), ask('a', 5), ask('b')]) broker.ask(each)
    expect([1, 2, 3].map(() => broker.take()?.jobId)).toEqual(['a', 'b', undefined])
    expect(broker.hasReady).toBe(false)
  })

  it('never hands out a job that is being worked on, whoever asks [W4]', () => {
    const broker = new Broker()
    broker.ask(ask('a'))
    broker.take()
    broker.ask(ask('a'))
    expect(broker.take()).toBeUndefined()
    broker.done('a' as JobId)
    expect(broker.take()?.jobId).toBe('a')
  })

  it('drops nothing and doubles nothing, in any order of asks, takes and dones [W2, W3]', () => {
    const operations = fc.array(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        priority: fc.integer({ min: 0, max: 3 }),
        isTake: fc.boolean(),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(operations, (steps) => {
        const broker = new Broker()
        const wanted = new Set<string>()
        const working = new Set<JobId>()
        for (const { name, priority, isTake } of steps) {
          if (!isTake) {
            broker.ask(ask(name, priority))
            wanted.add(name)
            continue
          }
          const taken = broker.take()
          if (taken) {
            expect(working.has(taken.jobId)).toBe(false)
            working.add(taken.jobId)
            wanted.delete(taken.jobId)
          } else {
            for (const jobId of working) broker.done(jobId)
            working.clear()
          }
        }
        for (const jobId of working) broker.done(jobId)
        const rest = new Set<string>()
        for (let next = broker.take(); next; next = broker.take()) rest.add(next.jobId)
        expect([...wanted].filter((name) => !rest.has(name))).toEqual([])
      }),
    )
  })
})
