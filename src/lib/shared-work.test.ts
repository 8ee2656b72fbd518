import { describe, expect, it } from 'vitest'
import { SharedWork } from './shared-work.ts'

const never = new AbortController().signal

describe('SharedWork', () => {
  it('is done once for all who ask while it is under way, each hears of it, and it is done anew for who asks later', async () => {
    const shared = new SharedWork<number>()
    const gate = Promise.withResolvers<void>()
    let count = 0
    const work = async (_signal: AbortSignal, tell: (text: string) => void) => {
      tell('begun')
      await gate.promise
      tell('done')
      return ++count
    }
    const told: string[][] = [[], []]
    const first = shared.get('image', never, work, (text) => told[0]?.push(text))
    await new Promise((resolve) => setImmediate(resolve))
    const second = shared.get('image', never, work, (text) => told[1]?.push(text))
    const other = shared.get('other', never, async () => -1)
    gate.resolve()
    expect(await Promise.all([first, second, other])).toEqual([1, 1, -1])
    expect(told).toEqual([
      ['begun', 'done'],
      ['begun', 'done'],
    ])
    expect(await shared.get('image', never, work)).toBe(2)
  })

  it('goes on for the others when one gives up, and is broken off with the last; who comes then begins it anew', async () => {
    const shared = new SharedWork<string>()
    const stops: AbortSignal[] = []
    const work = (signal: AbortSignal) => {
      stops.push(signal)
      return new Promise<string>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const [one, other] = [new AbortController(), new AbortController()]
    const asked = [shared.get('image', one.signal, work), shared.get('image', other.signal, work)]
    one.abort(new Error('the first gave up'))
    await expect(asked[0]).rejects.toThrow('the first gave up')
    expect(stops.map(({ aborted }) => aborted)).toEqual([false])
    other.abort(new Error('the last gave up'))
    await expect(asked[1]).rejects.toThrow('the last gave up')
    expect(stops.map(({ aborted }) => aborted)).toEqual([true])
    expect(await shared.get('image', never, async () => 'anew')).toBe('anew')
  })

  it('fails for all who wait for it', async () => {
    const shared = new SharedWork<string>()
    const work = async () => Promise.reject(new Error('no such image'))
    const asked = [shared.get('image', never, work), shared.get('image', never, work)]
    for (const each of asked) await expect(each).rejects.toThrow('no such image')
  })
})
