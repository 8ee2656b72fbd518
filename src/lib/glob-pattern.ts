const wildcard = /[*?[\]{}\\]/

/** The folders of a pattern before its first wildcard, and the rest. */
export function splitPattern(pattern: string): { base: string; rest: string } {
  const parts = pattern.split('/')
  const first = parts.findIndex((part) => wildcard.test(part))
  if (first < 0) return { base: pattern, rest: '' }
  return { base: parts.slice(0, first).join('/'), rest: parts.slice(first).join('/') }
}

const longestPattern = 1024

/** What is wrong with how a pattern is written, and what to write instead; undefined for one that is right. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length > longestPattern) return `has more than ${longestPattern} characters`
  if (/\\(?![*?[\]{}\\])/.test(pattern.replaceAll('\\\\', ''))) return 'has a \\ that is not before a wildcard'
  const plain = pattern.replace(/\\./gs, '')
  const classes = plain.match(/\[[!^]?\]?(?:\[:\w+:\]|[^\]])*\]/g) ?? []
  const outside = classes.reduce((text, each) => text.replace(each, ''), plain)
  if (outside.includes('[')) return 'has a [ without its ]: to mean the character write \\['
  if (outside.includes(']')) return 'has a ] without its [: to mean the character write \\]'
  if (classes.some(isBackwards)) return 'has a range of characters whose end is before its beginning'
  return braceProblem(outside)
}

const isBackwards = (letters: string): boolean =>
  [...letters.slice(1, -1).matchAll(/([^[:])-([^\]:])/gu)].some(([, from = '', to = '']) => from > to)

function braceProblem(text: string): string | undefined {
  let depth = 0
  for (const letter of text.replace(/[^{}]/g, '')) {
    depth += letter === '{' ? 1 : -1
    if (depth < 0) return 'has a } without its {: to mean the character write \\}'
  }
  if (depth > 0) return 'has a { without its }: to mean the character write \\{'
  if (/\{[^{},]*\}/.test(text)) return 'has {} with one choice or a range: write {a,b,c}'
  return undefined
}
