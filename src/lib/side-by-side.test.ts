import { describe, expect, it } from 'vitest'
import { sideBySide } from './side-by-side.ts'

const never = new AbortController().signal

describe('work side by side', () => {
  it('is done for every item, so many at once', async () => {
    let [now, most] = [0, 0]
    const done: number[] = []
    await sideBySide([1, 2, 3, 4, 5, 6, 7], 3, never, async (item) => {
      most = Math.max(most, ++now)
      await Promise.resolve()
      now -= 1
      done.push(item)
    })
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(most).toBe(3)
  })

  it('takes what comes up meanwhile, newest first, also when nothing else is left', async () => {
    const seen: string[] = []
    await sideBySide(['a', 'b'], 1, never, async (item, _, add) => {
      seen.push(item)
      if (item.length < 2) for (const each of ['1', '2']) add(item + each)
    })
    expect(seen).toEqual(['a', 'a2', 'a1', 'b', 'b2', 'b1'])
  })

  it('is broken off by the first failure, which is thrown', async () => {
    const ends: string[] = []
    const work = sideBySide([1, 2, 3], 2, never, async (item, either) => {
      if (item === 1) throw new Error('first')
      await new Promise<void>((resolve) => either.addEventListener('abort', () => resolve()))
      ends.push(`${item} broken off`)
      throw new Error('second')
    })
    await expect(work).rejects.toThrow('first')
    expect(ends).toEqual(['2 broken off'])
  })

  it('begins nothing once it is told to stop', async () => {
    const told = new AbortController()
    const seen: number[] = []
    const work = sideBySide([1, 2, 3], 1, told.signal, async (item) => {
      seen.push(item)
      told.abort(new Error('stop'))
    })
    await expect(work).rejects.toThrow('stop')
    expect(seen).toEqual([1])
  })

  it('fails with items that cannot be named', async () => {
    const items = function* () {
      yield 1
      throw new Error('no more')
    }
    await expect(sideBySide(items(), 1, never, async () => {})).rejects.toThrow('no more')
  })
})
