import { displayWidth } from '#lib/text/display-width.ts'

/** Columns when there is no terminal to ask. */
export const defaultColumns = 127

/**
 * Breaks lines at whitespace so that `indent + line` fits into `columns`; longer words stay whole. Continuation lines
 * are indented. Line breaks of the text stay.
 */
export function wrapIndented(text: string, columns: number, indent: number): string {
  const width = Math.max(1, columns - indent)
  const lines = text.split('\n').flatMap((line) => wrapLine(line, width))
  return lines.join(`\n${' '.repeat(indent)}`)
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const [, blanks = '', word = ''] of line.matchAll(/(\s*)(\S+)/g)) {
    if (current !== '' && displayWidth(current + blanks + word) > width) {
      lines.push(current)
      current = word
    } else current += blanks + word
  }
  return [...lines, current]
}
