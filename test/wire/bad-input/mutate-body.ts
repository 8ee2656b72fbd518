import fc from 'fast-check'
import { oddJson, oddText } from './odd-values.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Step = string | number
const hole = '@@hole@@'

/** A body with one thing wrong: a value, a key, or its text as such. */
export function mutatedBody(body: string): fc.Arbitrary<string> {
  const document = readable(body)
  const texts = mutatedText(body)
  if (document === undefined) return texts
  const paths = pathsOf(document)
  const place = fc.constantFrom(...paths)
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(place, oddJson).map(([path, json]) => withValue(document, path, json)) },
    { weight: 2, arbitrary: fc.tuple(place, oddText).map(([path, key]) => withKey(document, path, key)) },
    { weight: 1, arbitrary: place.map((path) => withoutValue(document, path)) },
    { weight: 1, arbitrary: place.map((path) => repeated(document, path)) },
    { weight: 3, arbitrary: texts },
  )
}

/** Cut, with bytes in the middle, written twice, or in another encoding. */
const mutatedText = (body: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.nat({ max: body.length }).map((at) => body.slice(0, at)),
    fc.tuple(fc.nat({ max: body.length }), oddText).map(([at, text]) => body.slice(0, at) + text + body.slice(at)),
    fc.constantFrom(`${body}${body}`, `\ufeff${body}`, `${body}}`, `[${body}]`, `)]}'${body}`, body.toUpperCase()),
    fc.constant(' '.repeat(100_000) + body),
  )

function readable(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json
  } catch {
    return undefined
  }
}

function pathsOf(value: Json, path: Step[] = []): Step[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]))]
}

function withValue(document: Json, path: readonly Step[], json: string): string {
  return JSON.stringify(changed(document, path, () => hole)).replace(`"${hole}"`, () => json)
}

function withKey(document: Json, path: readonly Step[], key: string): string {
  return JSON.stringify(changed(document, path, (value) => ({ [key]: value })))
}

const withoutValue = (document: Json, path: readonly Step[]): string =>
  JSON.stringify(changed(document, path, () => undefined) ?? null)

/** A list of many of what stood there. */
const repeated = (document: Json, path: readonly Step[]): string =>
  JSON.stringify(changed(document, path, (value) => Array.from({ length: 50 }, () => value)))

function changed(value: Json, [step, ...rest]: readonly Step[], make: (value: Json) => Json | undefined): any {
  if (step === undefined) return make(value)
  if (Array.isArray(value)) {
    return value.map((each, index) => (index === Number(step) ? changed(each, rest, make) : each))
  }
  return Object.fromEntries(
    Object.entries(value as object).map(([key, each]) => [key, key === step ? changed(each, rest, make) : each]),
  )
}
