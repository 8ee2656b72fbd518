import { RE2JS } from 're2js'
import { Fault, messageOf } from './fault.ts'

/** A regular expression as Go knows them: linear in the length of the text, whatever the pattern. */
export type Regexp = {
  /** Whether it matches anywhere in the text. */
  isIn(text: string): boolean
  /** The first match and its groups (undefined = did not take part); undefined when there is none. */
  find(text: string): (string | undefined)[] | undefined
}

/** Throws Fault('BadRequest') with Go's sentence (`error parsing regexp: …`) for a pattern that is none. */
export function compileRegexp(pattern: string): Regexp {
  const compiled = compiledPattern(pattern)
  return {
    isIn: (text) => compiled.matcher(text).find(),
    find: (text) => {
      const matcher = compiled.matcher(text)
      if (!matcher.find()) return undefined
      return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined)
    },
  }
}

function compiledPattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new Fault('BadRequest', messageOf(error))
  }
}
