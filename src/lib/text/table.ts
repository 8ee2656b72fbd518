import { compareGoStrings } from '../go/fmt-value.ts'
import { toUpper } from '../go/unicode.ts'
import { shortId } from '../short-id.ts'
import { displayWidth, longestLineWidth, padToWidth, trimToLength } from './display-width.ts'
import { wrapHard, wrapSoft, wrapText } from './wrap.ts'

export type TableColumn = {
  readonly name: string
  /** Widest the column may get; undefined or 0 = any width. */
  readonly max?: number | undefined
  /** `max` is kept on a terminal, too: wide characters count for two. Else it counts characters, as recorded. */
  readonly isExact?: boolean | undefined
  /** What happens to a longer value; default `text`. */
  readonly wrap?: Overflow | undefined
}

/**
 * `text` breaks anywhere, `soft` between words, `hard` between words and within the last of a line, `trim` cuts,
 * `time` leaves the date out, `id` shortens an id whatever its length.
 */
export type Overflow = 'text' | 'soft' | 'hard' | 'trim' | 'time' | 'id'

export type TableOptions = {
  hasHeader?: boolean
  /** No limits of width. */
  isWide?: boolean
  hasColor?: boolean
  /** Name of the column to sort by; works only with a header, as in the reference. */
  sortBy?: string
}

const colors = { header: '\x1b[92;100m', odd: '\x1b[97;40m', even: '\x1b[37;40m' }
const RESET = '\x1b[0m'

/**
 * Rows as a table without lines: each cell between two blanks, headers in capitals. '' when there is neither header nor
 * row. Source of the form: go-pretty 6.5 as the reference uses it.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { hasHeader = true, isWide = false, hasColor = false, sortBy }: TableOptions = {},
): string {
  const limited = columns.map((column) => (isWide ? { name: column.name } : column))
  const header = headerOf(columns, hasHeader)
  const body = sorted(header[0], rows, sortBy).map((row) => row.map(cellText))
  const widths = widthsOf(limited, [...header, ...body])
  // Without a row no column is known to hold text, and what holds no text stands at the right.
  const align = body.length === 0 ? alignRight : alignLeft
  const lines = (row: readonly string[], show: (text: string, width: number) => string) =>
    rowLines(row, limited).map((parts) => parts.map((part, at) => show(part, widths[at] as number)).join(''))
  const painted = (color: string) => (text: string, width: number) =>
    colored(` ${align(text, width)} `, hasColor ? color : '')
  return [
    ...header.flatMap((row) => lines(row, (text, width) => painted(colors.header)(capitals(text), width))),
    ...body.flatMap((row, at) => lines(row, painted(at % 2 === 0 ? colors.odd : colors.even))),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

/** How wide the columns of a table come out, their two blanks not counted. */
export const columnWidths = (
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  hasHeader: boolean,
): number[] => widthsOf(columns, [...headerOf(columns, hasHeader), ...rows.map((row) => row.map(cellText))])

const headerOf = (columns: readonly TableColumn[], hasHeader: boolean): string[][] =>
  hasHeader ? [columns.map(({ name }) => cellText(name))] : []
const widthsOf = (columns: readonly TableColumn[], rows: readonly (readonly string[])[]): number[] =>
  columns.map((column, at) => columnWidth(column, rows, at))

/** Tabs become blanks; a lone carriage return goes on at the start of the line, over what is there. */
export function cellText(text: string): string {
  const spaced = text.replaceAll('\t', '    ').replaceAll('\r\n', '\n')
  if (!spaced.includes('\r')) return spaced
  return spaced.split('\n').map(overwritten).join('\n')
}

function overwritten(line: string): string {
  return line
    .split('\r')
    .map((part) => [...part])
    .reduce((under, over) => [...over, ...under.slice(over.length)])
    .join('')
}

/** The rows by the column of a name, if the header has it. */
export function sorted(
  header: readonly string[] | undefined,
  rows: readonly (readonly string[])[],
  name: string | undefined,
): readonly (readonly string[])[] {
  const at = name === undefined ? -1 : (header?.indexOf(name) ?? -1)
  return at < 0 ? rows : rows.toSorted((left, right) => compareGoStrings(left[at] ?? '', right[at] ?? ''))
}

function columnWidth({ max = 0 }: TableColumn, rows: readonly (readonly string[])[], at: number): number {
  const longest = Math.max(0, ...rows.map((row) => longestLineWidth(row[at] ?? '')))
  return max > 0 ? Math.min(longest, max) : longest
}

/** The lines of one row: the cells wrapped into their columns, the shorter ones filled with empty lines. */
function rowLines(row: readonly string[], columns: readonly TableColumn[]): string[][] {
  const cells = columns.map((column, at) => fitted(row[at] ?? '', column).split('\n'))
  const height = Math.max(0, ...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''))
}

const alignLeft = (text: string, width: number): string => padToWidth(text.replace(/ +$/, ''), width)

function alignRight(text: string, width: number): string {
  const shown = text.replace(/^ +/, '')
  return ' '.repeat(Math.max(width - displayWidth(shown), 0)) + shown
}

/** Upper case, but for escape sequences. */
const capitals = (text: string): string =>
  text.replace(/[^\x1b]+|\x1b[^m]*m?/g, (part) => (part[0] === '\x1b' ? part : toUpper(part)))

/** A cell that has colours of its own falls back to the row's behind each of them. */
function colored(text: string, color: string): string {
  if (color === '') return text
  const body = (text.startsWith('\x1b[') ? '' : color) + text.replaceAll(RESET, RESET + color)
  return (body.endsWith(RESET) ? body : body + RESET).replaceAll(color + RESET, '')
}

function fitted(text: string, { max = 0, wrap = 'text', isExact = false }: TableColumn): string {
  if (max <= 0) return text
  const measure = isExact ? displayWidth : undefined
  switch (wrap) {
    case 'text':
      return wrapText(text, max, measure)
    case 'soft':
      return wrapSoft(text, max, measure)
    case 'hard':
      return wrapHard(text, max)
    case 'trim':
      return trimToLength(text, max)
    case 'time':
      return shortTime(text, max)
    case 'id':
      return shortId(text)
  }
}

/** `2024-01-02 03:04:05` without its date when it does not fit. */
const shortTime = (text: string, max: number): string =>
  text.length > max ? text.replace(/^\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d)(\.\d+)?$/, '$1') : text
