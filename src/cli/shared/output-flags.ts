import { bool, custom, text, uint32 } from '../flags.ts'

const formats = ['table', 'csv', 'json', 'yaml'] as const
export type Format = (typeof formats)[number]
const documents = ['json', 'yaml'] as const

const quoted = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(' ')

/** `offered` is what the command writes; it is read as any of `known`. */
const formatFlag = <Fallback extends Format | ''>(
  offered: readonly Format[],
  fallback: Fallback,
  about: string,
  known: readonly Format[] = offered,
) =>
  custom<Format | Fallback>(
    'format',
    fallback,
    about,
    (given) => {
      const format = known.find((each) => each === given)
      if (!format) throw new Error(`should be one of [${quoted(offered)}]`)
      return format
    },
    { words: offered },
  )

const pretty = bool(false, 'Indent JSON and YAML for reading')

/** Of commands that list. */
export const tableFlags = {
  output: formatFlag<Format>(formats, 'table', 'Form of the output: table, csv, json or yaml'),
  pretty,
  'hide-header': bool(false, 'Leave out the line of column names'),
  'no-style': bool(false, 'Leave out colours'),
  wide: bool(false, 'Print whole values'),
}

const asDocument = 'Form of the output: json or yaml'
/**
 * Of commands that show one thing; without a format they print text for people. The forms of tables are known to them,
 * because clients know the sentence in which what was shown is refused then (print.ts).
 */
export const shapeFlags = { output: formatFlag<''>(documents, '', asDocument, formats), pretty }
export const yamlFlags = { output: formatFlag<Format>(documents, 'yaml', asDocument, formats), pretty }
/** Of commands of our own that show one thing. */
export const ownShapeFlags = { output: formatFlag<''>(documents, '', asDocument), pretty }

/** Of commands that list from the server. */
export const listFlags = (limit: number, orders: readonly string[] = []) => ({
  limit: uint32(limit, 'Most items to list; 0 = as many as the server sends'),
  'next-token': text('', 'Where the next page begins, as the page before said'),
  'order-by': text('', orders.length === 0 ? 'Field to sort by' : `Field to sort by: ${orders.join(', ')}`, {
    words: orders,
  }),
  'order-reversed': bool(false, 'Last item first'),
})
