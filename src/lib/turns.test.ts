import { expect, it } from 'vitest'
import { Turns } from './turns.ts'

it('lets two work at a time, in the order in which they came, also after one that failed', async () => {
  const turns = new Turns(2)
  const begun: number[] = []
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
  const done = ends.map(({ promise }, index) =>
    turns.take(() => {
      begun.push(index)
      return promise
    }),
  )
  await Promise.resolve()
  expect(begun).toEqual([0, 1])
  ends[1]?.reject(new Error('broken'))
  await expect(done[1]).rejects.toThrow('broken')
  expect(begun).toEqual([0, 1, 2])
  ends[0]?.resolve()
  await done[0]
  expect(begun).toEqual([0, 1, 2, 3])
})
