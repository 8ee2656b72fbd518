import { expect, it } from 'vitest'
import { shortLivedRandom, systemRandom } from './random.ts'

it.each([
  ['of a node', systemRandom],
  ['of a command', shortLivedRandom],
])('the chance %s draws UUIDs of version 4, each another one', (_whose, random) => {
  const drawn = Array.from({ length: 100 }, () => random.uuid())
  for (const each of drawn)
    expect(each).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(drawn).size).toBe(100)
})
