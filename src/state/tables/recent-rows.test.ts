import { expect, it } from 'vitest'
import { RecentRows } from './recent-rows.ts'

it('of what lives more is kept than of what has ended, and what ends is one of those that have', () => {
  const rows = new RecentRows<number, string>({ max: 5 }, { max: 2 })
  const kept = () => [1, 2, 3, 4, 5, 6].filter((key) => rows.get(key) !== undefined)
  for (const key of [1, 2, 3, 4, 5, 6]) rows.set(key, `row ${key}`, true)
  expect(kept()).toEqual([2, 3, 4, 5, 6])
  for (const key of [1, 2, 3, 4]) rows.end(key)
  expect(kept()).toEqual([3, 4, 5, 6])
  rows.set(3, 'lives again', true)
  rows.end(5)
  expect(kept()).toEqual([3, 4, 5, 6])
  expect(rows.get(3)).toBe('lives again')
  rows.delete(3)
  rows.delete(4)
  expect(kept()).toEqual([5, 6])
  rows.clear()
  expect(kept()).toEqual([])
})

it('what is large takes the room of several', () => {
  const limits = { max: 5, maxSize: 10, sizeCalculation: ({ length }: string) => length }
  const rows = new RecentRows<number, string>(limits, limits)
  for (const [key, text] of ['12345', '123456', '1234'].entries()) rows.set(key, text, true)
  expect([0, 1, 2].map((key) => rows.get(key))).toEqual([undefined, '123456', '1234'])
})
