import { editDistance } from '#lib/edit-distance.ts'
import { oldKeys } from './old-keys.ts'
import { keys } from './tree.ts'

/** The known key that a mistyped one most likely means; undefined when nothing is close. */
export const nearKey = (path: string): string | undefined => {
  const wanted = path.toLowerCase()
  const whole = keys.find((key) => wanted.startsWith(`${key.path.toLowerCase()}.`))
  if (whole) return whole.path
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
