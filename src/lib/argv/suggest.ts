import { editDistance } from '../edit-distance.ts'

/** The names that are at most `distance` edits away from what was typed, or begin with it; letters without case. */
export function suggestions(typed: string, names: readonly string[], distance = 2): string[] {
  const wanted = typed.toLowerCase()
  return names.filter((name) => {
    const known = name.toLowerCase()
    return known.startsWith(wanted) || editDistance(wanted, known) <= distance
  })
}
