const escape = /\x1b(?:\[[^m]*(?:m|$)|\][^\\]*(?:\\|$)|(?![[\]])[\s\S]*$)/g
const invisible =
  /^[\x00-\x1f\x7f-\x9f\xad\u070f\u200b-\u200f\u2028-\u202e\u206a-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\p{Mn}\p{Me}]$/u
const wide =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]$/u
const emoji = /^\p{Emoji_Presentation}$/u
const regionalIndicator = /^[\u{1f1e6}-\u{1f1ff}]$/u

/** How many columns of a terminal a character takes: 0, 1, or 2 for East Asian wide ones and emoji. */
function charWidth(char: string): 0 | 1 | 2 {
  if (char >= ' ' && char <= '~') return 1
  if (invisible.test(char)) return 0
  return wide.test(char) || (emoji.test(char) && !regionalIndicator.test(char)) ? 2 : 1
}

/** The text without colours and links. */
const withoutEscapes = (text: string): string => (text.includes('\x1b') ? text.replaceAll(escape, '') : text)

/** How many columns a text takes, line breaks not counted. */
export function displayWidth(text: string): number {
  let width = 0
  for (const char of withoutEscapes(text)) width += charWidth(char)
  return width
}

/** How many columns the widest line of a text takes. */
export const longestLineWidth = (text: string): number =>
  Math.max(...withoutEscapes(text).split('\n').map(displayWidth))

/** Cuts a text to a number of characters; escape sequences stay and do not count. */
export function trimToLength(text: string, length: number): string {
  if (length <= 0) return ''
  let left = length
  return piecesOf(text)
    .map((piece) => {
      if (piece.startsWith('\x1b')) return piece
      const kept = [...piece].slice(0, left)
      left -= kept.length
      return kept.join('')
    })
    .join('')
}

/** The beginning of a text without escapes that fits into so many columns; `…` stands for the rest. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let cut = ''
  let left = columns - 1
  for (const char of text) {
    left -= charWidth(char)
    if (left < 0) break
    cut += char
  }
  return `${cut}…`
}

/** Fills a text up to a number of columns. */
export const padToWidth = (text: string, width: number, filler = ' '): string =>
  text + filler.repeat(Math.max(width - displayWidth(text), 0))

/** The text cut into escape sequences and what is between them. */
function piecesOf(text: string): string[] {
  const pieces: string[] = []
  let at = 0
  for (const match of text.matchAll(escape)) {
    pieces.push(text.slice(at, match.index), match[0])
    at = match.index + match[0].length
  }
  return [...pieces, text.slice(at)]
}
