import fc from 'fast-check'
import type { QueryKind } from '#api/query.ts'
import { mutatedBody } from './mutate-body.ts'
import { oddText } from './odd-values.ts'
import type { Route } from './routes.ts'
import type { Framing, WireRequest } from './wire-request.ts'

/** Ids that exist, so that what comes behind them in a request is reached. */
export type Known = Readonly<Record<string, string>>

const framings: readonly Framing[] = [
  'chunked',
  'no length',
  'length too short',
  'length too long',
  'two lengths',
  'length and chunks',
  'length is no number',
  'no chunk',
  'cut chunk',
  'endless chunk size',
]

/** A request to a route with one thing wrong, or a few. */
export function mutatedRequest(route: Route, known: Known): fc.Arbitrary<WireRequest> {
  const body = route.bodies.length > 0 ? fc.constantFrom(...route.bodies) : fc.constantFrom('', '{"a":1}')
  const base = (sent: string): WireRequest => ({
    method: route.method,
    target: pathOf(route, (name) => known[name] ?? 'x'),
    headers: [['Content-Type', 'application/json']],
    body: sent,
    framing: 'length',
  })
  const whole = body.map(base)
  const kinds: fc.WeightedArbitrary<WireRequest>[] = [
    { weight: 2, arbitrary: fc.tuple(whole, oddHeaders).map(([each, headers]) => withHeaders(each, headers)) },
    {
      weight: 2,
      arbitrary: fc.tuple(whole, fc.constantFrom(...framings)).map(([each, framing]) => ({ ...each, framing })),
    },
    { weight: 1, arbitrary: fc.tuple(whole, oddMethod).map(([each, method]) => ({ ...each, method })) },
    { weight: 1, arbitrary: body.chain(mutatedBody).map(base) },
    { weight: 4, arbitrary: fc.tuple(whole, queryFor(route)).map(([each, query]) => withQuery(each, query)) },
  ]
  if (route.bodies.length > 0) kinds.push({ weight: 8, arbitrary: body.chain(mutatedBody).map(base) })
  if (route.path.includes(':')) {
    const target = fc.tuple(oddText, fc.boolean()).map(([text, isRaw]) => pathOf(route, () => written(text, isRaw)))
    kinds.push({ weight: 4, arbitrary: fc.tuple(whole, target).map(([each, odd]) => ({ ...each, target: odd })) })
  }
  return fc.oneof(...kinds)
}

const pathOf = ({ path }: Route, value: (name: string) => string): string =>
  path.replace(/:(\w+)/g, (_, name: string) => value(name))

const withHeaders = (request: WireRequest, headers: WireRequest['headers']): WireRequest => ({
  ...request,
  headers: [...request.headers.filter(([name]) => !headers.some(([odd]) => odd === name)), ...headers],
})

const withQuery = (request: WireRequest, query: string): WireRequest => ({
  ...request,
  target: `${request.target}?${query}`,
})

/** Escaped as a client would, or as it is but for what would end the line. */
const written = (text: string, isRaw: boolean): string =>
  isRaw ? text.replaceAll(/[\r\n ]/g, '+') : encodeURIComponent(text.toWellFormed())

/** Waits that are long are no mistake: they would only make this slow. */
const oddWaits = ['0s', '1ms', '5ms', '-1s', '1h', '5', '1.5s', 's', '99999999999s', '1s1s', '१s']
const oddValue = (kind: QueryKind): fc.Arbitrary<string> => (kind === 'wait' ? fc.constantFrom(...oddWaits) : oddText)

function queryFor({ query }: Route): fc.Arbitrary<string> {
  const names = Object.entries(query)
  const pair = fc.oneof(
    ...names.map(([name, { kind }]) => fc.tuple(fc.constantFrom(name, name.toUpperCase()), oddValue(kind))),
    fc.tuple(fc.constantFrom('pretty', 'constructor', 'x[]', ''), oddText),
  )
  const one = fc.tuple(pair, fc.boolean()).map(([[name, value], isRaw]) => `${name}=${written(value, isRaw)}`)
  return fc.oneof(
    { weight: 8, arbitrary: fc.array(one, { minLength: 1, maxLength: 3 }).map((pairs) => pairs.join('&')) },
    { weight: 1, arbitrary: one.map((each) => Array.from({ length: 300 }, () => each.slice(0, 30)).join('&')) },
  )
}

const oddMethod = fc.constantFrom(
  'get',
  'PATCH',
  'TRACE',
  'CONNECT',
  'OPTIONS',
  'HEAD',
  'PROPFIND',
  'QUERY',
  'G E T',
  '',
)

const headerNames = [
  'X-Bacalhau-Git-Version',
  'X-Request-Id',
  'Authorization',
  'Content-Type',
  'Content-Encoding',
  'Accept-Encoding',
  'Expect',
  'Range',
  'If-Range',
  'Idempotency-Key',
  'Origin',
  'Access-Control-Request-Headers',
  'X-Forwarded-For',
  'X-Bacalhau-InstanceId',
  'X-HTTP-Method-Override',
  'Upgrade',
  'Host',
  'Transfer-Encoding',
  'Cookie',
  '__proto__',
]
const headerTexts = [
  'v0.0.1',
  'v999999.1.1',
  'v1.4.0',
  'v1.9.3',
  'Bearer a.b.c',
  'Bearer eyJhbGciOiJub25lIn0.e30.',
  'Basic ::::',
  'Basic OmE=',
  'text/plain',
  'application/json; charset=utf-16',
  'application/yaml',
  'multipart/form-data',
  'gzip',
  '100-continue',
  'bytes=0-',
  'bytes=99999999999999999999-',
  'bytes=-5',
  'websocket',
  'h2c',
  'null',
  'é',
  '\0',
  '*'.repeat(7_000),
  '*'.repeat(70_000),
]

const oddHeader = fc.tuple(
  fc.constantFrom(...headerNames),
  fc.oneof(
    fc.constantFrom(...headerTexts),
    oddText.map((text) => text.replaceAll(/[\r\n]/g, ' ')),
  ),
)
/** One, the same twice, or a thousand. */
const oddHeaders: fc.Arbitrary<WireRequest['headers']> = fc.oneof(
  { weight: 6, arbitrary: oddHeader.map((header) => [header]) },
  {
    weight: 2,
    arbitrary: fc.tuple(oddHeader, oddHeader).map(
      ([[name, value], [, other]]) =>
        [
          [name, value],
          [name, other],
        ] as const,
    ),
  },
  {
    weight: 1,
    arbitrary: oddHeader.map(([, value]) =>
      Array.from({ length: 1_000 }, (_, index) => [`X-${index}`, value.slice(0, 9)] as const),
    ),
  },
)
