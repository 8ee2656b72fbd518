import { expect, it } from 'vitest'
import { partOf } from '../../../test/kit/part-of.ts'
import type { BidContext } from './bid-rule.ts'
import { environmentRule } from './environment.ts'

const host = { allowed: (name: string) => name.startsWith('MY_'), value: (name: string) => ({ MY_OWN: 'x' })[name] }
const verdict = (Env: Record<string, string>) => environmentRule(partOf<BidContext>({ task: { Env }, host }))

it('variables of the node are for jobs that its operator lets have them, where it has them [S13]', async () => {
  expect(await verdict({ A: 'env:MY_OWN', B: 'literal' })).toEqual({ isYes: true })
  expect(await verdict({ A: 'env:HOME' })).toMatchObject({
    reason: "environment variable 'HOME' is not in allowed patterns",
    cure: expect.stringContaining('Compute.Env.AllowList'),
  })
  expect(await verdict({ A: 'env:MY_OTHER' })).toMatchObject({
    reason: "required environment variable 'MY_OTHER' not found",
  })
})
