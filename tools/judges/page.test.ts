import { expect, it } from 'vitest'
import { page } from './page.ts'

it('the page says who judged what, and who was not there', () => {
  const verdicts = [
    { use: '`job run` of a | b' },
    { use: '`job get`', failure: `\x1b[31mError: \x1b[0mnot\n\tfound ${'x'.repeat(400)}` },
    { use: '`docker run`', leftOut: 'no Docker engine' },
  ]
  const judged = [{ client: 'Command line 1.9.3', commit: 'c9', verdicts }]
  const text = page(judged, ['Python SDK'], new Date('2026-11-29T00:00:00Z'))
  expect(text).toContain('- Server of commit c9, 2026-11-29.\n- Python SDK: not given, so not run.\n')
  expect(text).toContain('## Command line 1.9.3\n\n1 passed, 1 failed, 1 left out.\n')
  expect(text).toContain('| `job run` of a \\| b | passed |\n')
  expect(text).toMatch(/\| `job get` \| \*\*failed\*\*: Error: not found x{283} … \|\n/)
  expect(text).toContain('| `docker run` | left out: no Docker engine |\n')
})
