import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** One wanted difference: in which cases, where, and which decision says so. */
export type CompatRow = {
  cases: string
  where: string
  decision: string
  matches(name: string, difference: string): boolean
}

const file = resolve(import.meta.dirname, '../../docs/compat.md')

/**
 * The rows below a heading: `| cases | where | decision | … |`. A cell may hold several patterns, and each pair of a case and
 * a place is a difference of its own. `*` stands for anything; a place with `: ` also says what became of what.
 */
export function compatRows(heading: string): CompatRow[] {
  const text = readFileSync(file, 'utf8')
  const start = text.indexOf(`## ${heading}\n`)
  if (start < 0) throw new Error(`docs/compat.md has no part "${heading}"`)
  const part = text.slice(start + heading.length + 4).split(/^## /m)[0] ?? ''
  return part
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => {
      const [, cases = '', where = '', decision = ''] = line.split('|').map((cell) => cell.trim())
      return patterns(cases).flatMap((each) => patterns(where).map((place) => compatRow(each, place, decision)))
    })
}

const patterns = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, pattern = '']) => pattern)

function compatRow(cases: string, where: string, decision: string): CompatRow {
  const [isCase, isPlace] = [glob(cases), glob(where)]
  const shown = where.includes(': ') ? anyIndex : placeOf
  return { cases, where, decision, matches: (name, difference) => isCase.test(name) && isPlace.test(shown(difference)) }
}

/** `$.Items[3].State: …` speaks of `$.Items[].State`. */
export const placeOf = (difference: string): string => anyIndex(difference.split(': ')[0] ?? '')

/** Only in the place: what differs may have brackets of its own. */
const anyIndex = (difference: string): string => {
  const [place = '', ...rest] = difference.split(': ')
  return [place.replace(/\[\d+\]/g, '[]'), ...rest].join(': ')
}

function glob(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`, 's')
}
