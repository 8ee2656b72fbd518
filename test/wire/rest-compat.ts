import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** One row of docs/compat.md: which differences are wanted, and which decision says so. */
export type CompatRow = {
  cases: string
  where: string
  decision: string
  matches(name: string, difference: string): boolean
}

const file = resolve(import.meta.dirname, '../../docs/compat.md')

/** The rows below a heading: `| cases | where | decision | … |`; `*` stands for anything. */
export function compatRows(heading: string): CompatRow[] {
  const text = readFileSync(file, 'utf8')
  const start = text.indexOf(`## ${heading}\n`)
  if (start < 0) throw new Error(`docs/compat.md has no part "${heading}"`)
  const part = text.slice(start + heading.length + 4).split(/^## /m)[0] ?? ''
  return part
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, cases = '', where = '', decision = ''] = line.split('|').map((cell) => cell.trim().replaceAll('`', ''))
      const [isCase, isPlace] = [glob(cases), glob(where)]
      return {
        cases,
        where,
        decision,
        matches: (name, difference) => isCase.test(name) && isPlace.test(placeOf(difference)),
      }
    })
}

/** `$.Items[3].State: …` speaks of `$.Items[].State`. */
export const placeOf = (difference: string): string => (difference.split(': ')[0] ?? '').replace(/\[\d+\]/g, '[]')

function glob(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`)
}
