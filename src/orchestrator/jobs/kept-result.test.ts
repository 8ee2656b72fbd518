import { expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { keptResult } from './kept-result.ts'

it('a kept result is held while it is read, also when its reader goes', async () => {
  const held: ExecutionId[] = []
  const reader = {
    read: async ({ limitBytes }: { limitBytes: number }) => ({
      bytes: new Uint8Array(Math.min(limitBytes, 10)),
      sizeBytes: 100,
      tag: 'a',
    }),
    hold: (id: ExecutionId) => {
      held.push(id)
      return () => void held.pop()
    },
  }
  const execution = partOf<Execution>({ ID: 'e-1' as ExecutionId, PublishedResult: { Type: 'link', Params: {} } })
  const { from } = await keptResult(execution, reader)
  for await (const _ of from(0, new AbortController().signal)) {
    expect(held).toEqual(['e-1'])
    break
  }
  expect(held).toEqual([])
})
