import { oldKeys } from './old-keys.ts'
import { keys } from './tree.ts'

/** The known key that a mistyped one most likely means; undefined when nothing is close. */
export const nearKey = (path: string): string | undefined => {
  const wanted = path.toLowerCase()
  const lastName = (text: string) => text.slice(text.lastIndexOf('.') + 1)
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(wanted.length / 4)) + 1
  for (const candidate of [...keys.map((key) => key.path), ...oldKeys.map((key) => key.path)]) {
    const lower = candidate.toLowerCase()
    const distance = Math.min(
      editDistance(wanted, lower),
      lastName(lower) === lastName(wanted) ? 1 : Number.POSITIVE_INFINITY,
    )
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** Letters to insert, remove or replace to turn one text into the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
