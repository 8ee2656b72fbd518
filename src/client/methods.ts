import { since } from '#api/client-version.ts'
import { parseWire } from '#api/decode/wire-json.ts'
import type { Endpoint } from '#api/endpoint.ts'
import { type QueryOf, writeQuery } from '#api/query.ts'
import { Fault } from '#lib/fault.ts'
import { type ItemOf, type Listed, listed } from './listed.ts'
import { pathWith } from './path.ts'
import type { CallOptions, Transport } from './transport.ts'

/** One argument per `:name` of the path. */
type PathArguments<Path extends string> = Path extends `${string}:${string}/${infer Rest}`
  ? [id: string, ...PathArguments<Rest>]
  : Path extends `${string}:${string}`
    ? [id: string]
    : []
/** A row without a body says nothing of what is sent. */
type SentOf<Row> = Row extends Endpoint<any, any, infer Sent, any> ? Sent : never
type BodyArguments<Row> = unknown extends SentOf<Row> ? [] : [body: SentOf<Row>]
type QueryArguments<Row extends Endpoint<any, any, any, any>> = keyof Row['query'] extends never
  ? []
  : [query?: Readonly<QueryOf<Row['query']>>]
type AnswerOf<Row> = Row extends { answer: { decode(wire: any): infer Answered } } ? Answered : never

/** What a row of the contract is to a caller: ids, body, query and options, in this order; left out what it has not. */
type Method<Row extends Endpoint<any, any, any, any>> = (
  ...args: [
    ...PathArguments<Row['path']>,
    ...BodyArguments<Row>,
    ...QueryArguments<Row>,
    options?: CallOptions | AbortSignal,
  ]
) => [ItemOf<AnswerOf<Row>>] extends [never] ? Promise<AnswerOf<Row>> : Listed<AnswerOf<Row>>

export type Methods<Table extends Record<string, Endpoint<any, any, any, any>>> = {
  readonly [Name in keyof Table]: Method<Table[Name]>
}

/** Makes a method of each row. */
export function methodsOf<Table extends Record<string, Endpoint<any, any, any, any>>>(
  table: Table,
  transport: Transport,
): Methods<Table> {
  const methods = Object.entries(table).map(([name, row]) => [
    name,
    (...args: unknown[]) => {
      const call = callOf(row, args)
      if (!('next_token' in row.query)) return send(row, call, transport)
      return listed((token) => send(row, token === undefined ? call : behind(call, token), transport))
    },
  ])
  return Object.fromEntries(methods) as Methods<Table>
}

type Call = { ids: string[]; body: unknown; query: Record<string, unknown>; options: CallOptions }

function callOf(row: Endpoint, args: unknown[]): Call {
  const idCount = row.path.split(':').length - 1
  const rest = args.slice(idCount)
  const body = row.body === null ? undefined : rest.shift()
  const query = Object.keys(row.query).length === 0 ? {} : ((rest.shift() ?? {}) as Record<string, unknown>)
  const [options = {}] = rest as [(CallOptions | AbortSignal)?]
  const ids = args.slice(0, idCount).map(String)
  return { ids, body, query, options: options instanceof AbortSignal ? { signal: options } : options }
}

/** The same call for the page behind a token. */
const behind = (call: Call, next_token: string): Call => ({ ...call, query: { ...call.query, next_token } })

async function send(row: Endpoint, { ids, body, query, options }: Call, transport: Transport): Promise<unknown> {
  const takesKey = row.headers?.['Idempotency-Key'] !== undefined
  const { signal, idempotencyKey = takesKey ? transport.newKey() : undefined } = options
  const text = await transport.text({
    method: row.method,
    path: pathWith(row.path, ids) + writeQuery(row.query, query),
    ...(body === undefined ? {} : { body: row.body?.encode(body, since.v1_8) ?? '' }),
    ...(takesKey && idempotencyKey !== undefined ? { headers: { 'Idempotency-Key': idempotencyKey } } : {}),
    ...(typeof query.wait === 'number' ? { waitMs: query.wait } : {}),
    ...(signal ? { signal } : {}),
    // With a key it is done once, however often it arrives.
    isRepeatable: row.method === 'GET' || takesKey,
  })
  return row.contentType === 'text/plain' ? text : row.answer.decode(parsed(text))
}

function parsed(text: string): unknown {
  try {
    return parseWire(text)
  } catch (error) {
    throw new Fault('InternalError', `the answer is no JSON: ${text.slice(0, 200)}`, {
      component: 'Client',
      hint: 'does the address belong to a Bacalhau server?',
      cause: error,
    })
  }
}
