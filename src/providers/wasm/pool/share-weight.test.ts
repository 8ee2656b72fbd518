import { expect, it } from 'vitest'
import { nicenessOf } from './share-weight.ts'

it.each([
  [1, 0],
  [0.999, 0],
  [0.5, 3],
  [0.1, 10],
  [0.01, 19],
  [0.0001, 19],
])('a share of %d of a core has the weight of niceness %d', (cores, niceness) => {
  expect(nicenessOf(cores)).toBe(niceness)
})
