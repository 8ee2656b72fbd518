import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SubjectTree } from './subject-tree.ts'
import { matches } from './subjects.ts'

const token = fc.constantFrom('a', 'b', 'c')
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'))
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, isOpen]) => [...tokens, ...(isOpen ? ['>'] : [])].join('.'))

describe('a tree of subjects', () => {
  it('finds what matches one by one, also after some are gone', () => {
    fc.assert(
      fc.property(fc.array(pattern), fc.array(pattern), subject, (kept, removed, subject) => {
        const tree = new SubjectTree<string>()
        const items = kept.map((pattern, index) => ({ pattern, item: `${index}` }))
        for (const { pattern, item } of items) tree.add(pattern, item)
        for (const pattern of removed) tree.add(pattern, 'gone')
        for (const pattern of removed) tree.remove(pattern, 'gone')
        const expected = items.filter(({ pattern }) => matches(pattern, subject)).map(({ item }) => item)
        expect(tree.find(subject).sort()).toEqual(expected.sort())
      }),
      { seed: 1, numRuns: 1_000 },
    )
  })

  it('is as quick among 100,000 patterns as among few', () => {
    const tree = new SubjectTree<number>()
    for (let n = 0; n < 100_000; n++) tree.add(`node.compute.n-${n}.>`, n)
    const startedAt = performance.now()
    let right = 0
    for (let n = 0; n < 10_000; n++) if (tree.find(`node.compute.n-${n}.AskForBid/v1`).join() === `${n}`) right += 1
    expect(right).toBe(10_000)
    // One by one it would be a thousand million comparisons.
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})
