import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { isBusy } from './flush.ts'

it('the event loop is busy when something has come since it was last asked', async () => {
  await readFile(import.meta.filename)
  expect(isBusy()).toBe(true)
  expect(isBusy()).toBe(false)
  await readFile(import.meta.filename)
  expect(isBusy()).toBe(true)
})
