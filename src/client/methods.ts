import { since } from '#api/client-version.ts'
import { parseWire } from '#api/decode/wire-json.ts'
import type { Endpoint } from '#api/endpoint.ts'
import { type QueryOf, writeQuery } from '#api/query.ts'
import { Fault } from '#lib/fault.ts'
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
) => Promise<AnswerOf<Row>>

export type Methods<Table extends Record<string, Endpoint<any, any, any, any>>> = {
  readonly [Name in keyof Table]: Method<Table[Name]>
}

/** Makes a method of each row. */
export function methodsOf<Table extends Record<string, Endpoint<any, any, any, any>>>(
  table: Table,
  transport: Transport,
): Methods<Table> {
  const methods = Object.entries(table).map(([name, row]) => [name, (...args: unknown[]) => call(row, args, transport)])
  return Object.fromEntries(methods) as Methods<Table>
}

async function call(row: Endpoint, args: unknown[], transport: Transport): Promise<unknown> {
  const idCount = row.path.split(':').length - 1
  const path = pathWith(row.path, args.slice(0, idCount).map(String))
  const rest = args.slice(idCount)
  const body = row.body === null ? undefined : rest.shift()
  const query = Object.keys(row.query).length === 0 ? {} : ((rest.shift() ?? {}) as Record<string, unknown>)
  const text = await transport.text({
    method: row.method,
    path: path + writeQuery(row.query, query),
    ...(body === undefined ? {} : { body: row.body?.encode(body, since.v1_8) ?? '' }),
    ...(typeof query.wait === 'number' ? { waitMs: query.wait } : {}),
    isRepeatable: row.method === 'GET' || hasToken(body),
    ...optionsOf(rest.shift()),
  })
  return row.contentType === 'text/plain' ? text : row.answer.decode(parsed(text))
}

/** A submission with a token is stored once, however often it arrives. */
const hasToken = (body: unknown): boolean =>
  Boolean((body as { IdempotencyToken?: string } | undefined)?.IdempotencyToken)

const optionsOf = (options: unknown): CallOptions =>
  options instanceof AbortSignal ? { signal: options } : ((options ?? {}) as CallOptions)

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
