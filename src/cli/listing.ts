import { renderTable } from '#lib/text/table.ts'
import { visible } from '#lib/text/visible.ts'
import { hasColours } from './colours.ts'
import type { Host } from './host.ts'
import type { Format } from './shared/output-flags.ts'
import { tell } from './tell.ts'
import type { Column } from './views/column.ts'
import { fitting } from './views/fitting.ts'

export type TableFlags = {
  readonly output: Format
  readonly pretty: boolean
  readonly 'hide-header': boolean
  readonly 'no-style': boolean
  readonly wide: boolean
}

export type Listing<Item> = {
  readonly items: readonly Item[]
  readonly columns: readonly Column<Item>[]
  /** The items as a JSON list, made only when it is wanted. */
  json(): string
  /** Where the next page begins; '' = this was the last. */
  readonly nextToken?: string
}

/** Writes a list in the form that was asked for. */
export async function printListing<Item>(host: Host, flags: TableFlags, listing: Listing<Item>): Promise<void> {
  const { stdout, stderr } = host
  const more = listing.nextToken ? `\nTo fetch more records use \`--next-token ${listing.nextToken}\`` : ''
  if (flags.output === 'json' || flags.output === 'yaml') {
    const { printDocument } = await import('./print.ts')
    await printDocument(stdout, listing.json(), flags)
    if (more) tell(stderr, more)
    return
  }
  if (flags.output === 'csv') {
    const { renderCsv } = await import('#lib/text/table-csv.ts')
    const rows = rowsOf(listing.columns, listing.items, (text) => text)
    stdout.write(renderCsv(listing.columns, rows, { hasHeader: !flags['hide-header'] }))
    if (more) tell(stderr, more)
    return
  }
  const shape = { hasHeader: !flags['hide-header'], isWide: flags.wide }
  const room = flags.wide ? undefined : stdout.columns
  const { columns, hidden } = fitting(listing.columns, shownRows(listing.columns, listing.items), shape.hasHeader, room)
  const hasColor = !flags['no-style'] && hasColours(stdout, host.env)
  stdout.write(renderTable(columns, shownRows(columns, listing.items), { ...shape, hasColor }))
  if (hidden.length > 0) tell(stderr, `\nNot shown for want of room: ${hidden.join(', ')}; --wide shows everything`)
  if (more) tell(stdout, more)
}

/** A table within a text: no colours, with a header, and only the columns that `room` has place for. */
export function plainTable<Item>(columns: readonly Column<Item>[], items: readonly Item[], room?: number): string {
  const fit = fitting(columns, shownRows(columns, items), true, room)
  return renderTable(fit.columns, shownRows(fit.columns, items))
}

/** Texts come from anyone who may submit a job or run a node. */
const shownRows = <Item>(columns: readonly Column<Item>[], items: readonly Item[]): string[][] =>
  rowsOf(columns, items, (text, column) => (column.isPainted ? text : visible(text)))

const rowsOf = <Item>(
  columns: readonly Column<Item>[],
  items: readonly Item[],
  show: (text: string, column: Column<Item>) => string,
): string[][] => items.map((item) => columns.map((column) => show(column.value(item), column)))
