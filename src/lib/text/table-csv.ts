import { cellText, sorted, type TableColumn, type TableOptions } from './table.ts'

/**
 * Rows as comma separated values, whole and in their own case. Quotes and commas inside a quoted field get a backslash,
 * as v1.4.0 does it and scripts expect.
 */
export function renderCsv(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { hasHeader = true, sortBy }: Pick<TableOptions, 'hasHeader' | 'sortBy'> = {},
): string {
  const header = hasHeader ? [columns.map(({ name }) => name)] : []
  const all = [...header, ...sorted(header[0], rows, sortBy)]
  const text = all.reduce<string>((lines, row) => `${lines}${lines === '' ? '' : '\n'}${row.map(field).join(',')}`, '')
  return text === '' ? '' : `${text}\n`
}

function field(value: string): string {
  const text = cellText(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '\\"').replaceAll(',', '\\,')}"` : text
}
