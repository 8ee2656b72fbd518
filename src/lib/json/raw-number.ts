/** A number that keeps its source text; stringifyJson writes it as it is. */
export type RawNumber = { readonly rawJSON: string }

/** The language has these; TypeScript's library does not name them yet. */
const json = JSON as JSON & { rawJSON(text: string): RawNumber; isRawJSON(value: unknown): value is RawNumber }

/** Makes one from the text of a JSON number. */
export const rawNumber = (source: string): RawNumber => json.rawJSON(source)

/** Whether a value is a number that keeps its source text. */
export const isRawNumber = (value: unknown): value is RawNumber => json.isRawJSON(value)

/** A number as parseJson gives it, as an ordinary one; undefined when the value is none. Precision may be lost. */
export function numberOfJson(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return isRawNumber(value) ? Number(value.rawJSON) : undefined
}
