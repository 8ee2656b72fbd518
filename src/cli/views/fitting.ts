import { columnWidths } from '#lib/text/table.ts'
import type { Column } from './column.ts'

/** Blanks beside each cell. */
const besides = 2

export type Fitting<Item> = {
  readonly columns: readonly Column<Item>[]
  /** Names of the columns that are left out. */
  readonly hidden: readonly string[]
}

/**
 * The columns of a table as a terminal has `room` for them: the widest become narrower, and where that is not enough
 * some are left out. A line that the terminal breaks cannot be read.
 */
export function fitting<Item>(
  columns: readonly Column<Item>[],
  rows: readonly (readonly string[])[],
  hasHeader: boolean,
  room: number | undefined,
): Fitting<Item> {
  if (room === undefined) return { columns, hidden: [] }
  const widths = columnWidths(columns, rows, hasHeader)
  const kept = columns.map((column, at) => ({ column, width: widths[at] ?? 0 }))
  const hidden: string[] = []
  const total = (width: (of: Sized<Item>) => number) => kept.reduce((sum, each) => sum + width(each) + besides, 0)
  while (total(leastOf) > room) {
    const at = kept.findLastIndex(({ column }) => column.isExtra)
    if (at < 0) break
    hidden.unshift(...kept.splice(at, 1).map(({ column }) => column.name))
  }
  for (let over = total(({ width }) => width) - room; over > 0; over--) {
    const [widest] = kept.filter((each) => each.width > leastOf(each)).sort((a, b) => b.width - a.width)
    if (!widest) break
    widest.width--
  }
  return {
    columns: kept.map(({ column, width }) => (column.least ? { ...column, max: width, isExact: true } : column)),
    hidden,
  }
}

type Sized<Item> = { readonly column: Column<Item>; width: number }

const leastOf = <Item>({ column, width }: Sized<Item>): number => Math.min(column.least ?? width, width)
