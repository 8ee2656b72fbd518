import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { numbersIn, requirementList, type Showing, showings } from './requirements/numbers.ts'

/**
 * `npm run requirements`: each number of docs/requirements.md with the passing tests of the last whole `npm test` that showed
 * it, then the numbers without one. `npm run requirements -- R162 W5` shows only those.
 */
const root = join(import.meta.dirname, '..')
const lastRun = join(root, '.cache/test/last-run.json')

if (existsSync(lastRun)) report()
else {
  console.error('No run to read: run npm test first.')
  process.exitCode = 1
}

function report(): void {
  const { commit, tests } = JSON.parse(readFileSync(lastRun, 'utf8'))
  const shown = showings(tests)
  const asked = new Set(process.argv.slice(2).flatMap((arg) => numbersIn(`[${arg}]`)))
  const list = requirementList(readFileSync(join(root, 'docs/requirements.md'), 'utf8'))
  const chosen = list.filter(({ number }) => asked.size === 0 || asked.has(number))

  for (const { number, says } of chosen) {
    const by = shown.get(number)
    if (by) console.log(`${number}  ${says}${by.some(isOutside) ? '' : '  (unit only)'}\n${by.map(line).join('\n')}`)
  }
  const without = chosen.filter(({ number }) => !shown.has(number))
  const outside = chosen.filter(({ number }) => shown.get(number)?.some(isOutside)).length
  const unitOnly = chosen.length - outside - without.length
  if (without.length > 0)
    console.log(`\nnot shown:\n${without.map(({ number, says }) => `${number}  ${says}`).join('\n')}`)
  console.log(
    `\n${outside} shown from outside, ${unitOnly} unit only, ${without.length} not shown (run of ${commit.slice(0, 12)})`,
  )
}

function isOutside({ ring }: Showing): boolean {
  return ring === 'wire' || ring === 'e2e'
}

function line({ ring, name, file }: Showing): string {
  return `      ${ring.padEnd(8)} ${name}  (${file})`
}
