import { expect, it } from 'vitest'
import { page } from './page.ts'

const at = new Date('2026-11-29T00:00:00Z')
const verdicts = [
  { use: '`job run` of a | b' },
  { use: '`job get`', failure: `\x1b[31mError: \x1b[0mnot\n\tfound ${'x'.repeat(400)}` },
  { use: '`docker run`', leftOut: 'no Docker engine' },
]
const first = page(
  [{ client: 'Command line 1.9.3', commit: 'c9', verdicts }],
  ['Command line 1.9', 'Python SDK'],
  '',
  at,
)

it('the page says who judged what and when, and who never did', () => {
  expect(first).toContain('\n\n- Python SDK: never run.\n\n## ')
  expect(first).toContain('## Command line 1.9.3\n\nCommit c9, 2026-11-29: 1 passed, 1 failed, 1 left out.\n')
  expect(first).toContain('| `job run` of a \\| b | passed |\n')
  expect(first).toMatch(/\| `job get` \| \*\*failed\*\*: Error: not found x{283} … \|\n/)
  expect(first).toMatch(/\| `docker run` \| left out: no Docker engine \|\n$/)
})

it('who is judged again is written anew, and the others stay as they were', () => {
  const sdk = { client: 'Python SDK 1.4.2', commit: 'c10', verdicts: [{ use: 'submits' }] }
  const both = page([sdk], ['Command line 1.9', 'Python SDK'], first, at)
  expect(both).not.toContain('never run')
  expect(both).toContain('## Command line 1.9.3\n\nCommit c9, ')
  const again = page([{ ...sdk, commit: 'c11' }], [], both, at)
  expect(again).toBe(both.replace('c10', 'c11'))
})
