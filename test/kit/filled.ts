import { isDeepStrictEqual } from 'node:util'
import { isRawNumber, numberOfJson } from '#lib/json/raw-number.ts'

/** What Go writes for a word that was not given. */
const zeroWords = ['StateType Undefined', 'Previous Undefined', 'New Undefined', 'Type None', 'Type Default']

/** Without what is nothing: absent, null, empty and zero count as one. A number is one whatever holds it. */
export function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled)
  if (numberOfJson(value) !== undefined) return { number: String(isRawNumber(value) ? numberOfJson(value) : value) }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key, filled(each)] as const)
  return Object.fromEntries(entries.filter(([key, each]) => !isNothing(each) && !zeroWords.includes(`${key} ${each}`)))
}

const isNothing = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  isDeepStrictEqual(value, { number: '0' }) ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0)
