import { isSpace } from '../go/unicode.ts'

const RESET = '\x1b[0m'

/**
 * Wraps the event column of a history: a line ends after the first space at or beyond `width` characters; line breaks
 * stay. Every escape sequence repeats the ones before it since the last reset, and so does each new line.
 * Source of the rule: the reference's own wrapping in v1.9.3.
 */
export const wrapEvent = (text: string, width: number): string =>
  text
    .split('\n')
    .map((line) => wrapLine(line, width))
    .join('\n')

function wrapLine(line: string, width: number): string {
  let wrapped = ''
  let styling = ''
  let isInEscape = false
  let length = 0
  for (const char of line) {
    if (char === '\x1b') isInEscape = true
    if (isInEscape) {
      styling += char
      if (char !== 'm') continue
      isInEscape = false
      wrapped += styling
      if (styling === RESET) styling = ''
      continue
    }
    wrapped += char
    length++
    if (length >= width && isSpace(char)) {
      wrapped += `\n${styling}`
      length = 0
    }
  }
  return wrapped
}
