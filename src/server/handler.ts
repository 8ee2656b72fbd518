import type { Endpoint, PathParams } from '#api/endpoint.ts'
import type { QueryOf } from '#api/query.ts'
import type { Caller } from './caller.ts'
import type { RequestBody } from './read-body.ts'

/** A request as a handler sees it: addressed, bounded and with its query read; the body goes through the handler's own door. */
export type Call<Row extends Endpoint<any, any, any, any>> = {
  params: PathParams<Row['path']>
  query: QueryOf<Row['query']>
  body: RequestBody | undefined
  caller: Caller
  /** Where it came from. */
  readonly address: string
  /** Where the caller reaches this API: `https://host:port`, without a path. */
  readonly door: string
  /** The first value of a request header, '' = none. */
  header(name: string): string
  /** Aborted when the caller has gone or the server stops. */
  signal: AbortSignal
}

type AnswerOf<Row> = Row extends Endpoint<any, any, any, infer Answered> ? Answered : never

/** One handler per row: a table with a row too few or too many does not compile. */
export type Handlers<Table extends Record<string, Endpoint<any, any, any, any>>> = {
  [Name in keyof Table]: (call: Call<Table[Name]>) => Promise<AnswerOf<Table[Name]>> | AnswerOf<Table[Name]>
}
