type Place = { readonly line: number; readonly column: number }

/** A text in quotes, whole, so that what is in it is passed over; or the start of a comment. */
const textOrComment = /"[^"\\]*(?:\\[^][^"\\]*)*"?|(?<=^|[\s,[\]{}"])\/[/*]/g

/**
 * Where a comment begins in a document that looks like JSON. To a reader of YAML it would be part of the next name or
 * value. Undefined where there is none.
 */
export function jsonComment(text: string): Place | undefined {
  if (!/^\s*(?:\{|\/[/*])/.test(text)) return undefined
  for (const { 0: found, index } of text.matchAll(textOrComment)) {
    if (found.startsWith('"')) continue
    const before = text.slice(0, index).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
  return undefined
}
