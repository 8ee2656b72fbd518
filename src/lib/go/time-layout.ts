/**
 * Dates in Go's layouts: the layout shows how the second of January 2006, 15:04:05, seven hours west, would be written.
 * Time zones are numbers only; names of zones are taken as they are and mean nothing.
 */
export type LayoutDate = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  /** Digits after the second, up to nine. */
  fraction: string
  /** Seconds east of UTC. */
  offset: number
  zoneName: string
}

export const months = 'January February March April May June July August September October November December'.split(' ')
export const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const piece =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|_2006|__2|_2|002|0[1-6]|15|PM|pm|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-070000|-07:00:00|-0700|-07:00|-07|[.,](?:0+|9+)(?![0-9])|[1-5]/g

export type Piece = { text: string; isLiteral: boolean }

/** The layout cut into what stands for a part of a date, and what stands for itself. */
export function piecesOf(layout: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of layout.matchAll(piece)) {
    const text = match[0] === '_2006' ? '2006' : match[0]
    const start = match.index + match[0].length - text.length
    if (start > at) pieces.push({ text: layout.slice(at, start), isLiteral: true })
    pieces.push({ text, isLiteral: false })
    at = start + text.length
  }
  if (at < layout.length) pieces.push({ text: layout.slice(at), isLiteral: true })
  return pieces
}

/** Date.UTC alone takes years below 100 for those of the last century. */
export function utcDay(year: number, month: number, day: number): Date {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date
}
