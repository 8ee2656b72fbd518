import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  isOutside,
  numbersIn,
  requiredNumbers,
  requirementList,
  type Showing,
  showings,
  unshown,
} from './requirements/numbers.ts'

/**
 * `npm run requirements`: each number of docs/requirements.md with the passing tests of the last whole `npm test` that showed
 * it, then the numbers not yet shown. Fails when one of them is required by now. `npm run requirements -- R162 W5` shows
 * only those, `--missing` only what is required and not shown.
 */
const root = join(import.meta.dirname, '..')
const lastRun = join(root, '.cache/test/last-run.json')

if (existsSync(lastRun)) judge()
else {
  console.error('No run to read: run npm test first.')
  process.exitCode = 1
}

function judge(): void {
  const { commit, tests } = JSON.parse(readFileSync(lastRun, 'utf8'))
  const shown = showings(tests)
  const markdown = readFileSync(join(root, 'docs/requirements.md'), 'utf8')
  if (!process.argv.includes('--missing')) report(markdown, shown, commit)
  const missing = unshown(requiredNumbers(markdown), shown)
  if (missing.length === 0) return
  console.error(`required by now, and not shown: ${missing.join(', ')}`)
  process.exitCode = 1
}

function report(markdown: string, shown: Map<string, Showing[]>, commit: string): void {
  const asked = new Set(process.argv.slice(2).flatMap((arg) => numbersIn(`[${arg}]`)))
  const list = requirementList(markdown)
  const chosen = list.filter(({ number }) => asked.size === 0 || asked.has(number))

  for (const { number, says } of chosen) {
    const by = shown.get(number)
    if (by) console.log(`${number}  ${says}${by.some(isOutside) ? '' : '  (unit only)'}\n${by.map(line).join('\n')}`)
  }
  const without = chosen.filter(({ number }) => !shown.has(number))
  const outside = chosen.filter(({ number }) => shown.get(number)?.some(isOutside)).length
  const unitOnly = chosen.length - outside - without.length
  if (without.length > 0)
    console.log(`\nnot yet shown:\n${without.map(({ number, says }) => `${number}  ${says}`).join('\n')}`)
  console.log(
    `\n${outside} shown from outside, ${unitOnly} unit only, ${without.length} not yet shown (run of ${commit.slice(0, 12)})`,
  )
}

function line({ ring, name, file }: Showing): string {
  return `      ${ring.padEnd(8)} ${name}  (${file})`
}
