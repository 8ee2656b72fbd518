import { describe, expect, it } from 'vitest'
import type { ExecutionId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { job, second, task, World } from '../../../test/kit/reconcile-world.ts'
import { reasonsOf } from '../jobs/why.ts'

const patient = (seconds: bigint): Partial<Job> => ({ Tasks: [{ ...task, Timeouts: { QueueTimeout: seconds } }] })
const world = (change: Partial<Job>, nodes = 1): World =>
  new World(
    job(change),
    Array.from({ length: nodes }, () => ({ units: 9 })),
  )

/** Every node that is asked declines at once, until a time; returns the seconds at which they were asked. */
const askedUntil = (of: World, untilNs: bigint): number[] => {
  const asked: number[] = []
  while (of.nowNs <= untilNs) {
    const { starts, checkAt } = of.step()
    for (const _ of starts) {
      asked.push(Number(of.nowNs / second))
      of.executions = of.executions.map((e) =>
        starts.some(({ ID }) => ID === e.ID)
          ? {
              ...e,
              ComputeState: { StateType: 'AskForBidRejected', Message: 'the port is taken' },
              ModifyTime: of.nowNs,
            }
          : e,
      )
    }
    if (starts.length > 0) continue
    if (checkAt === undefined || checkAt <= of.nowNs) break
    of.nowNs = checkAt
  }
  return asked
}

describe('a node that declined a job', () => {
  it('is asked again after a second, and after twice as long each time up to ten minutes, while the job may wait', () => {
    const times = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1623, 2223]
    expect(askedUntil(world(patient(86_400n)), 2_300n * second)).toEqual(times)
    expect(askedUntil(world({ Type: 'daemon' }), 2_300n * second)).toEqual(times)
    expect(askedUntil(world({ Type: 'ops', ...patient(86_400n) }), 2_300n * second)).toEqual(times)
  })

  it.each(['batch', 'service', 'ops'] as const)(
    'fails a %s job at once that waits for no node, however slowly others decline',
    (Type) => {
      const one = world({ Type }, 2)
      one.step()
      while (one.job.State.StateType !== 'Failed') {
        one.nowNs += 60n * second
        one.end(0, 'AskForBidRejected')
        one.step()
        expect(one.executions.length).toBeLessThanOrEqual(2)
      }
    },
  )

  it.each(['batch', 'service', 'ops'] as const)(
    'is not asked again once the QueueTimeout of a %s job is over, which asking does not prolong',
    (Type) => {
      const one = world({ Type, ...patient(60n) })
      expect(askedUntil(one, 999n * second)).toEqual([0, 1, 3, 7, 15, 31])
      expect([one.job.State.StateType, one.nowNs]).toEqual(['Failed', 60n * second])
    },
  )

  it('is asked again by a job that has run', () => {
    const service = world({ Type: 'service' })
    service.step()
    service.run(1n)
    service.end(0, 'Failed', 'lost')
    expect(askedUntil(service, 10n * second)).toEqual([0, 1, 3, 7])
  })

  it.each(['batch', 'service'] as const)(
    'fails a %s job that waits for no node and whose program has never begun, such as an image of another platform that only its pull showed',
    (Type) => {
      const one = world({ Type })
      one.step()
      one.run(1n)
      one.end(0, 'Failed', 'node', -1)
      expect(askedUntil(one, 10n * second).length).toBe(1)
      expect(one.job.State).toEqual({
        StateType: 'Failed',
        Message: expect.stringMatching(/^the port is taken\n/),
      })
    },
  )

  it('counts from the beginning once it has taken it', () => {
    const daemon = world({ Type: 'daemon' })
    expect(askedUntil(daemon, 30n * second)).toEqual([0, 1, 3, 7, 15])
    daemon.step()
    daemon.run(daemon.nowNs)
    daemon.end(0, 'Failed', 'lost')
    const begin = Number(daemon.nowNs / second)
    expect(askedUntil(daemon, daemon.nowNs + 20n * second)).toEqual([begin, begin + 6, begin + 13])
  })

  it('is one of a fleet, which is not asked in a storm', () => {
    for (const change of [patient(86_400n), { Type: 'daemon' as const }]) {
      const asked = askedUntil(world(change, 60), 1_000n * second)
      expect(asked.filter((at) => at === 0).length).toBe(60)
      expect(asked.length).toBeLessThan(400)
    }
  })

  it('comes after those that declined less often, and its port may be free elsewhere', () => {
    const two = world(patient(600n), 2)
    askedUntil(two, 30n * second)
    const byNode = Map.groupBy(two.executions, ({ NodeID }) => NodeID)
    const [a = 0, b = 0] = [...byNode.values()].map((each) => each.length)
    expect(Math.abs(a - b)).toBeLessThanOrEqual(1)
  })

  it('says when, in the state of the job and to who asks why [F3]', () => {
    const one = world(patient(60n))
    askedUntil(one, 0n)
    one.nowNs = 0n
    expect(one.job.State.Message?.split('\n').slice(1)).toEqual([
      '• Node n-0: job rejected',
      'Who declined it is asked again, the first at 1970-01-01T00:00:01.000Z.',
    ])
    const told = reasonsOf(one.snapshot())
    expect(told.Exclusions).toMatchObject([
      {
        Reason: 'declined the job: the port is taken',
        Cure: expect.stringMatching(/^wait, it is asked again at 1970-01-01T00:00:01.000Z; or change /),
      },
    ])
    expect(told.Next).toBe(
      'starts when a node that fits joins or changes, or when one that declined it takes it after all, until its QueueTimeout is over',
    )
  })

  it('is what a daemon that does not run everywhere says it waits for [F3]', () => {
    const daemon = world({ Type: 'daemon' }, 2)
    daemon.step()
    daemon.end(0, 'AskForBidRejected')
    daemon.run(1n)
    daemon.step()
    expect(reasonsOf(daemon.snapshot()).Summary).toBe(
      'it runs; waits for 1 node: declined the job: it AskForBidRejected (1 of 2 nodes)',
    )
  })

  it.each(['batch', 'daemon'] as const)(
    'is waited for by a %s job until it has room, when it is full as it would be asked again',
    (Type) => {
      const one = new World(job({ Type, ...patient(600n) }), [{ units: 1 }])
      one.step()
      one.end(0, 'AskForBidRejected')
      const [other] = new World(job(), [{ units: 1 }]).step().starts
      one.others = [{ ...other!, ID: 'e-other' as ExecutionId }]
      expect(one.step()).toMatchObject({ waitsFor: 'nodes', checkAt: second })
      one.nowNs = second
      expect(one.step()).toMatchObject({ waitsFor: 'room' })
    },
  )
})
