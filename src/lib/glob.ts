import picomatch from 'picomatch'
import { compileRegexp } from './regexp.ts'

/** `posix` is for `[!a]`, which would else be the opposite of what it says. */
const globs = { dot: true, nonegate: true, noextglob: true, strictSlashes: false, posix: true }

/** Outside of classes these mean themselves, but picomatch would read them as a regular expression. */
const withoutRegexps = (pattern: string): string =>
  pattern.replace(/\\.|\[[^\]]*\]|[()|"]/gs, (part) => (part.length > 1 ? part : `\\${part}`))

/** They keep out `.`, `..` and empty names, which no path here has; what is linear cannot look ahead. */
const lookaheads = /\(\?!(?:\(\?:\^\|\\\/\))?\\\.\{[01],[12]\}\(\?:\\\/\|\$\)\)|\(\?=\.\)/g

/**
 * Tells whether a pattern (doublestar globs) names a path free of links and dots, in time linear in the path: whoever writes the
 * pattern may also choose the names. `*` names hidden files too. Throws Fault('BadRequest') for what no regular expression can be.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  const { source } = picomatch.makeRe(withoutRegexps(pattern), globs)
  const regexp = compileRegexp(`(?s)${source.replace(lookaheads, '')}`)
  return (path) => path === pattern || regexp.isIn(path)
}
