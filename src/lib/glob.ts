import picomatch from 'picomatch'
import { compileRegexp } from './regexp.ts'

/** `posix` is for `[!a]`, which would else be the opposite of what it says. */
const globs = { dot: true, nonegate: true, noextglob: true, strictSlashes: false, posix: true }

/**
 * Outside of classes these mean themselves, but picomatch would read them as a regular expression. Of several backslashes it makes one,
 * and several at the end it reads for ever: each stands in a class of its own.
 */
const withoutRegexps = (pattern: string): string =>
  pattern.replace(/\\.|\[[^\]]*\]|[()|"]/gs, (part) => {
    if (part === '\\\\') return '[\\\\]'
    return part.length > 1 ? part : `\\${part}`
  })

/** As the expressions here know it: letters of other scripts, of which some come escaped half by half, stand for themselves. */
const withoutEscapes = (source: string): string =>
  source.replace(/\\(?:u(202[89])|(.))/gsu, (escaped, separator?: string, letter = '') => {
    if (separator) return `\\x{${separator}}`
    return letter > '\x7f' ? letter : escaped
  })

/** They keep out `.`, `..` and empty names, which no path here has; what is linear cannot look ahead. */
const lookaheads = /\(\?!(?:\(\?:\^\|\\\/\))?\\\.\{[01],[12]\}\(\?:\\\/\|\$\)\)|\(\?=\.\)/g

/**
 * Tells whether a pattern (doublestar globs) names a path free of links and dots, in time linear in the path: whoever writes the
 * pattern may also choose the names. `*` names hidden files too. Throws Fault('BadRequest') for what no regular expression can be.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  const { source } = picomatch.makeRe(withoutRegexps(pattern), globs)
  const regexp = compileRegexp(`(?s)${withoutEscapes(source.replace(lookaheads, ''))}`)
  return (path) => path === pattern || regexp.isIn(path)
}
