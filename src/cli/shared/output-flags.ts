import { bool, custom, text, uint32 } from '../flags.ts'

const formats = ['table', 'csv', 'json', 'yaml'] as const
export type Format = (typeof formats)[number]

const quoted = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(' ')

const formatFlag = <Fallback extends Format | ''>(fallback: Fallback, about: string) =>
  custom<Format | Fallback>(
    'format',
    fallback,
    about,
    (given) => {
      const format = formats.find((each) => each === given)
      if (!format) throw new Error(`should be one of [${quoted(formats)}]`)
      return format
    },
    { words: formats },
  )

const pretty = bool(false, 'Indent JSON and YAML for reading')

/** Of commands that list. */
export const tableFlags = {
  output: formatFlag<Format>('table', 'Form of the output: table, csv, json or yaml'),
  pretty,
  'hide-header': bool(false, 'Leave out the line of column names'),
  'no-style': bool(false, 'Leave out colours'),
  wide: bool(false, 'Print whole values'),
}

/** Of commands that show one thing; without a format they print text for people. */
export const shapeFlags = { output: formatFlag<''>('', 'Form of the output: json or yaml'), pretty }
export const yamlFlags = { output: formatFlag<Format>('yaml', 'Form of the output: json or yaml'), pretty }

/** Of commands that list from the server. */
export const listFlags = (limit: number, orders: readonly string[] = []) => ({
  limit: uint32(limit, 'Most items to list; 0 = as many as the server sends'),
  'next-token': text('', 'Where the next page begins, as the page before said'),
  'order-by': text('', orders.length === 0 ? 'Field to sort by' : `Field to sort by: ${orders.join(', ')}`, {
    words: orders,
  }),
  'order-reversed': bool(false, 'Last item first'),
})
