import { describeVectors } from '../../../test/kit/vectors.ts'
import { type Overflow, renderTable, type TableColumn } from './table.ts'
import { renderCsv } from './table-csv.ts'

const overflows: Record<string, Overflow> = {
  wrapText: 'text',
  wrapSoft: 'soft',
  trim: 'trim',
  shortTime: 'time',
  shortUUID: 'id',
  shortNode: 'id',
}

type TableInput = {
  columns: { name: string; width: number; enforcer: string }[]
  rows: string[][] | null
  format: 'table' | 'csv'
  hideHeader: boolean
  noStyle: boolean
  wide: boolean
  sortBy?: string
}

describeVectors('tables.json', ({ columns, rows, format, hideHeader, noStyle, wide, sortBy }: TableInput) => {
  const shown: TableColumn[] = columns.map(({ name, width, enforcer }) => ({
    name,
    max: width,
    wrap: overflows[enforcer],
  }))
  const options = {
    hasHeader: !hideHeader,
    isWide: wide,
    hasColor: !noStyle,
    ...(sortBy === undefined ? {} : { sortBy }),
  }
  return format === 'csv' ? renderCsv(shown, rows ?? [], options) : renderTable(shown, rows ?? [], options)
})
