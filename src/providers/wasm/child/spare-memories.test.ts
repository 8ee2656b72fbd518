import { expect, it } from 'vitest'
import { pageBytes } from '../binary/limits.ts'
import { SpareMemories } from './spare-memories.ts'

const isWiped = ({ buffer }: WebAssembly.Memory) => new Uint8Array(buffer).every((byte) => byte === 0)

it('a memory goes wiped to the next program that asks for the same, and to nobody else', () => {
  const memories = new SpareMemories()
  const first = memories.take(2, 16)
  new Uint8Array(first.buffer).fill(7)
  expect(memories.take(2, 16), 'one that is in use is not given').not.toBe(first)
  expect(memories.takeBack()).toBe(0)
  expect(memories.take(1, 16)).not.toBe(first)
  expect(memories.take(2, 8)).not.toBe(first)
  const again = [memories.take(2, 16), memories.take(2, 16)]
  expect(again).toContain(first)
  expect(again.every(isWiped)).toBe(true)
})

it('memories that have grown, that are large, or that are too many are left to the collector', () => {
  const memories = new SpareMemories()
  const grown = memories.take(1, 16)
  grown.grow(1)
  memories.take(64, 64)
  expect(memories.takeBack()).toBe((2 + 64) * pageBytes)
  expect(memories.take(1, 16)).not.toBe(grown)
  for (let count = 0; count < 6; count++) memories.take(1, 16)
  expect(memories.takeBack()).toBe(3 * pageBytes)
})
