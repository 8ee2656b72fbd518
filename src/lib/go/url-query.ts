import { Fault } from '../fault.ts'
import { compareGoStrings } from './fmt-value.ts'
import { queryUnescape } from './url.ts'
import { queryEscape } from './url-escape.ts'

/** `url.ParseQuery`. Throws Fault('BadRequest') with Go's sentence of the first mistake. */
export function parseQuery(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair.includes(';')) throw new Fault('BadRequest', 'invalid semicolon separator in query')
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const key = queryUnescape(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : queryUnescape(pair.slice(equals + 1))
    values.set(key, [...(values.get(key) ?? []), value])
  }
  return values
}

/** `Values.Encode`: by key. */
export const encodeQuery = (values: ReadonlyMap<string, readonly string[]>): string =>
  [...values]
    .toSorted(([left], [right]) => compareGoStrings(left, right))
    .flatMap(([key, each]) => each.map((value) => `${queryEscape(key)}=${queryEscape(value)}`))
    .join('&')
