import type { Outline } from './outline.ts'
import { fold } from './shape.schema.ts'

/**
 * Where a document has fields that mean nothing: a misspelt one would silently change what runs. Job files are refused
 * with them; the API passes them over with a warning.
 */
export function strangeFields(value: unknown, { item, fields, passedOver }: Outline): (string | number)[][] {
  if (Array.isArray(value) && item) {
    return value.flatMap((each, at) => strangeFields(each, item).map((path) => [at, ...path]))
  }
  if (typeof value !== 'object' || value === null || !fields) return []
  const byName = new Map(Object.entries(fields).map(([name, outline]) => [fold(name), outline]))
  return Object.entries(value).flatMap(([key, each]): (string | number)[][] => {
    const outline = byName.get(fold(key))
    if (outline) return strangeFields(each, outline).map((path) => [key, ...path])
    return passedOver?.has(fold(key)) ? [] : [[key]]
  })
}
