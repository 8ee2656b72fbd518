import { parseSelector } from '#lib/selector/parse.ts'
import { formatRequirement } from '#lib/selector/requirement.ts'
import { doing } from './wrap-error.ts'

/** A selector as the server reads it: one text for each requirement, in canonical form. */
export const selectorQuery = (selector: string): string[] =>
  doing('could not parse labels', () => parseSelector(selector).map(formatRequirement))
