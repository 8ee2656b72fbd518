import { RE2JS } from 're2js'
import { Fault, messageOf } from './fault.ts'

/** A regular expression as Go knows them: linear in the length of the text, whatever the pattern. */
export type Regexp = {
  /** Whether it matches anywhere in the text. */
  isIn(text: string): boolean
  /**
   * The first match and its groups (undefined = did not take part), with where it begins in UTF-16 units; undefined when
   * there is none.
   */
  find(text: string): ((string | undefined)[] & { index: number }) | undefined
}

/** Throws Fault('BadRequest') with Go's sentence (`error parsing regexp: …`) for a pattern that is none. */
export function compileRegexp(pattern: string): Regexp {
  const compiled = compiledPattern(pattern)
  return {
    isIn: (text) => compiled.test(text),
    find: (text) => {
      const matcher = compiled.matcher(text)
      if (!matcher.find()) return undefined
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined)
      return Object.assign(groups, { index: matcher.start() })
    },
  }
}

const hint = 'The syntax is that of RE2; a backslash before a character like ( or [ makes it stand for itself.'

function compiledPattern(pattern: string): RE2JS {
  if (!pattern.isWellFormed()) throw new Fault('BadRequest', `error parsing regexp: invalid UTF-8: \`${pattern}\``)
  try {
    return RE2JS.compile(withoutRepeatedNames(pattern))
  } catch (error) {
    // The library leaves out what Go names here: nothing.
    throw new Fault('BadRequest', messageOf(error).replace(/at end of expression$/, '$&: ``'), { hint })
  }
}

/** Literal text, escapes, classes; and the head of a named group. */
const parts = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]|\(\?P?<(\w+)>/g

/** Go lets several groups have one name, the library does not; we go by their numbers. */
function withoutRepeatedNames(pattern: string): string {
  const seen = new Set<string>()
  return pattern.replaceAll(parts, (part: string, name: string | undefined) => {
    if (name === undefined) return part
    if (seen.has(name)) return '('
    seen.add(name)
    return part
  })
}
