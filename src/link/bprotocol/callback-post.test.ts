import { beforeEach, describe, expect, it } from 'vitest'
import type { Bus } from '#contracts/bus.ts'
import { Fault } from '#lib/fault.ts'
import type { ComputeMessage, Frame } from '#models/messages/messages.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { CallbackPost } from './callback-post.ts'

const minute = 60_000

/** Reports number 1, 2, … of work that these requesters gave. */
const reportsTo = (...requesters: string[]): Frame<ComputeMessage>[] =>
  requesters.map((RequesterID, index) => {
    const Body = { ExecutionID: `e-${index + 1}`, Origin: { RequesterID } }
    return { Seq: index + 1, Message: { Kind: 'CancelResult', Body } } as Frame<ComputeMessage>
  })

describe('reports to requesters of 1.4', () => {
  let clock: StepClock
  let post: CallbackPost
  let present: Set<string>
  let told: string[]
  let given: string[]

  beforeEach(() => {
    clock = new StepClock()
    present = new Set(['here'])
    told = []
    given = []
    const bus: Partial<Bus> = {
      send: async (subject, payload) => {
        const requester = subject.split('.')[2] ?? ''
        if (!present.has(requester)) throw new Fault('ServiceUnavailable', `nobody listens on ${subject}`)
        told.push(`${requester} ${Buffer.from(payload)}`)
      },
    }
    const log = (event: string, { requesterId }: Record<string, unknown>): void =>
      void given.push(`${event} ${requesterId}`)
    post = new CallbackPost({ bus: bus as Bus, clock, log })
  })

  const bring = (frames: Frame<ComputeMessage>[]) =>
    post.bring(frames, ({ Body }) =>
      post.send(Body.Origin?.RequesterID ?? '', { method: 'OnCancelComplete', text: Body.ExecutionID }),
    )

  it('reach each that is there, once, while one is missing', async () => {
    const frames = reportsTo('here', 'gone', 'here', 'gone')
    expect(await bring(frames)).toEqual({ LastSeq: 1 })
    await expect(bring(frames.slice(1))).rejects.toMatchObject({ code: 'ServiceUnavailable' })
    expect(told).toEqual(['here e-1', 'here e-3'])
    present.add('gone')
    expect(await bring(frames.slice(1))).toEqual({ LastSeq: 4 })
    expect(told.slice(2)).toEqual(['gone e-2', 'gone e-4'])
    expect(given).toEqual([])
  })

  it('are given up when their requester is not found for an hour, which is logged, and later ones are tried', async () => {
    const frames = reportsTo('gone', 'here')
    for (let minutes = 0; minutes < 60; minutes++) {
      clock.goTo(minutes * minute)
      await expect(bring(frames)).rejects.toThrow('nobody listens')
    }
    clock.goTo(60 * minute)
    expect(await bring(frames)).toEqual({ LastSeq: 2 })
    expect(given).toEqual(['report_given_up gone'])
    expect(told).toEqual(['here e-2'])
    present.add('gone')
    expect(await bring(reportsTo('gone'))).toEqual({ LastSeq: 1 })
    expect(told.at(-1)).toBe('gone e-1')
  })

  it.each([
    ['the node was let in again', async () => post.begin()],
    [
      'the requester was there meanwhile',
      async () => {
        present.add('gone')
        await bring(reportsTo('gone'))
        present.delete('gone')
      },
    ],
  ])('are tried for an hour more when %s', async (_what, happens) => {
    const frames = reportsTo('gone')
    await expect(bring(frames)).rejects.toThrow('nobody listens')
    clock.goTo(61 * minute)
    await happens()
    await expect(bring(frames)).rejects.toThrow('nobody listens')
    clock.goTo(120 * minute)
    await expect(bring(frames)).rejects.toThrow('nobody listens')
    clock.goTo(121 * minute)
    expect(await bring(frames)).toEqual({ LastSeq: 1 })
  })
})
