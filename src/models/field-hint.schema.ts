import { editDistance } from '#lib/edit-distance.ts'
import type { Outline } from './outline.ts'
import { mostTold, type Path, type Problem, pathText } from './problem.ts'
import { fold } from './shape.schema.ts'

/** The path with names as they are spelt in `outline`, whatever their case; from the first unknown name on as it is. */
export function knownPath(path: Path, outline: Outline | undefined): (string | number)[] {
  let at = outline
  return path.map((step) => {
    const name = at?.fields && typeof step === 'string' ? nameIn(at.fields, step) : undefined
    at = partOf(at, name ?? step)
    return name ?? step
  })
}

/** One line for each place where something is wrong: where it is, and what may stand there. */
export function hintsFor(problems: readonly Problem[], root: Outline, placeOf?: (path: Path) => string | undefined) {
  const lines = problems.slice(0, mostTold).flatMap(({ path }) => {
    const place = placeOf?.(path)
    const advice = adviceAt(path, root)
    if (path.length === 0 || (place === undefined && advice === undefined)) return []
    const where = pathText(knownPath(path, root)) + (place === undefined ? '' : ` (${place})`)
    return [advice === undefined ? where : `${where}: ${advice}`]
  })
  return [...new Set(lines)]
}

/** For readers that are programs: what is wrong, by its place. */
export function detailsOf(problems: readonly Problem[], root: Outline): Record<string, string> {
  const byPlace = Map.groupBy(problems.slice(0, mostTold), ({ path }) => pathText(knownPath(path, root)) || 'Job')
  return Object.fromEntries([...byPlace].map(([place, found]) => [place, found.map(({ text }) => text).join('\n')]))
}

function adviceAt(path: Path, root: Outline): string | undefined {
  let at: Outline | undefined = root
  for (const step of path) {
    const next = partOf(at, step)
    if (next === undefined) return typeof step === 'string' && at.fields ? adviceOn(step, at.fields) : undefined
    at = next
  }
  const { schema, note } = at
  if (note?.isSystem) return 'leave it out, the system writes it'
  const more = { ...schema, ...note?.more, ...note?.taken }
  if (Array.isArray(more.enum)) return `one of ${more.enum.join(', ')}`
  return Array.isArray(more.examples) ? `${note?.about} For example ${more.examples.join(' or ')}.` : note?.about
}

/** What is said of names that are passed over. */
export function strangerWarnings(strangers: readonly Path[], root: Outline): string[] {
  return strangers.map((path) => {
    const parent = path.slice(0, -1).reduce<Outline | undefined>(partOf, root)
    const meant = nearestName(String(path.at(-1)), namesIn(parent?.fields ?? {}))
    const where = pathText(knownPath(path, root))
    return `unknown field ${where} is ignored${meant === undefined ? '' : `; do you mean ${meant}?`}`
  })
}

/** The name that was meant, where it is clear; else the names there are. */
function adviceOn(name: string, fields: NonNullable<Outline['fields']>): string {
  const names = namesIn(fields)
  const meant = nearestName(name, names)
  return meant === undefined ? `known here: ${names.join(', ')}` : `do you mean ${meant}?`
}

/** Those that people write. */
const namesIn = (fields: NonNullable<Outline['fields']>): string[] =>
  Object.entries(fields).flatMap(([name, { note }]) => (note?.isSystem ? [] : [name]))

/** The one of `names` that was meant, where that is clear. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const distances = names.map((each) => editDistance(fold(name.slice(0, 40)), fold(each)))
  const least = Math.min(...distances)
  const best = names[distances.indexOf(least)]
  return best !== undefined && least <= Math.max(1, Math.floor(best.length / 3)) ? best : undefined
}

function partOf(outline: Outline | undefined, step: string | number): Outline | undefined {
  if (typeof step === 'number') return outline?.item
  const fields = outline?.fields ?? {}
  return fields[nameIn(fields, step) ?? '']
}

const nameIn = (fields: NonNullable<Outline['fields']>, name: string): string | undefined =>
  Object.hasOwn(fields, name) ? name : Object.keys(fields).find((each) => fold(each) === fold(name))
