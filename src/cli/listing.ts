import { renderTable } from '#lib/text/table.ts'
import { hasColours } from './colours.ts'
import type { Host } from './host.ts'
import { printDocument } from './print.ts'
import type { Format } from './shared/output-flags.ts'
import type { Column } from './views/column.ts'

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
  const more = listing.nextToken ? `\nTo fetch more records use \`--next-token ${listing.nextToken}\`\n` : ''
  if (flags.output === 'json' || flags.output === 'yaml') {
    await printDocument(stdout, listing.json(), flags)
    return stderr.write(more)
  }
  const rows = rowsOf(listing.columns, listing.items)
  if (flags.output === 'csv') {
    const { renderCsv } = await import('#lib/text/table-csv.ts')
    stdout.write(renderCsv(listing.columns, rows, { hasHeader: !flags['hide-header'] }))
    return stderr.write(more)
  }
  const hasColor = !flags['no-style'] && hasColours(stdout, host.env)
  stdout.write(renderTable(listing.columns, rows, { hasHeader: !flags['hide-header'], isWide: flags.wide, hasColor }))
  stdout.write(more)
}

/** A table within a text: no colours, with a header. */
export const plainTable = <Item>(columns: readonly Column<Item>[], items: readonly Item[]): string =>
  renderTable(columns, rowsOf(columns, items))

const rowsOf = <Item>(columns: readonly Column<Item>[], items: readonly Item[]): string[][] =>
  items.map((item) => columns.map((column) => column.value(item)))
