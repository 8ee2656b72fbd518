import { displayWidth } from '#lib/text/display-width.ts'

/** Columns when there is no terminal to ask. */
export const defaultColumns = 127

/**
 * Breaks lines at whitespace so that `indent + line` fits into `columns`. What is longer stays whole, and so does a
 * command in backticks, so that it can be copied; only between wide characters, whose scripts have no blanks, a word is
 * cut. Continuation lines are indented. Line breaks of the text stay.
 */
export function wrapIndented(text: string, columns: number, indent: number): string {
  const width = Math.max(1, columns - indent)
  const lines = text.split('\n').flatMap((line) => wrapLine(line, width))
  return lines.join(`\n${' '.repeat(indent)}`)
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const [blanks, piece] of piecesOf(line, width)) {
    if (current !== '' && displayWidth(current + blanks + piece) > width) {
      lines.push(current)
      current = piece
    } else current += blanks + piece
  }
  return [...lines, current]
}

type Piece = readonly [blanks: string, text: string]

const piecesOf = (line: string, width: number): Piece[] =>
  [...line.matchAll(/(\s*)((?:`[^`]*`|\S)+)/g)].flatMap(([, blanks = '', word = '']): Piece[] =>
    displayWidth(word) <= width
      ? [[blanks, word]]
      : cutAtWide(word).map((piece, at): Piece => [at === 0 ? blanks : '', piece]),
  )

/** Each wide character by itself, with what stands upon it, and what is between them. */
function cutAtWide(word: string): string[] {
  const pieces: string[] = []
  let isWide = true
  for (const char of word) {
    const width = displayWidth(char)
    if (pieces.length > 0 && (width === 0 || (width === 1 && !isWide))) pieces.push(pieces.pop() + char)
    else pieces.push(char)
    if (width > 0) isWide = width === 2
  }
  return pieces
}
