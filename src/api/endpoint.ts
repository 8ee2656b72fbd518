import type { FaultCode } from '#lib/fault.ts'
import type { ClientVersion } from './client-version.ts'
import type { Wire } from './decode/wire-json.ts'
import { goJson } from './encode/go-json.ts'
import type { AnswerName, BodyName } from './openapi/components.ts'
import type { QuerySchema } from './query.ts'

export const apiPrefix = '/api/v1'
type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** Both directions of an answer: the server writes it for a client's version, our client reads the newest form. */
export type Answer<Value> = {
  /** Its form, in `openapi/components.ts`. */
  name: AnswerName
  encode(value: Value, version: ClientVersion): string
  decode(wire: any): Value
}

/** How our client writes a body; the server reads it through its own door, because what comes in is not trusted. */
export type Body<Value> = {
  /** Its form, in `openapi/components.ts`. */
  name: BodyName
  encode(value: Value, version: ClientVersion): string
  isOptional?: true
  /** Whether the server reads YAML there as well. */
  isAlsoYaml?: true
}

/** One row of the contract. Routes, client methods and the OpenAPI document are made from it. */
export type Endpoint<
  Path extends string = string,
  Query extends QuerySchema = QuerySchema,
  Sent = unknown,
  Answered = unknown,
> = {
  method: Method
  /** Other methods that mean the same. */
  also?: readonly Method[]
  /** Below `apiPrefix`; `:name` stands for one segment. */
  path: Path
  summary: string
  /** The role of a node that answers it; other nodes answer 404. */
  role: 'any' | 'orchestrator' | 'compute'
  query: Query
  body: Body<Sent> | null
  answer: Answer<Answered>
  /** What it may come with; 200 when absent. */
  statuses?: readonly number[]
  /** What may be answered beside 400, 401, 403, 429, 500 and 503. */
  errors: readonly FaultCode[]
  /** Request headers with a meaning of their own. */
  headers?: Readonly<Record<string, string>>
  /** Content types that differ from `application/json`. */
  contentType?: 'text/plain' | 'application/json; charset=UTF-8'
}

/** States a row and keeps its literal types. */
export const endpoint = <const Path extends string, const Query extends QuerySchema, Sent, Answered>(
  row: Endpoint<Path, Query, Sent, Answered>,
): Endpoint<Path, Query, Sent, Answered> => row

/** The names after `:` in a path. */
export type PathParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { [Key in Name | keyof PathParams<Rest>]: string }
  : Path extends `${string}:${infer Name}`
    ? { [Key in Name]: string }
    : Record<never, string>

/** An answer without anything that needs care: plain texts, small numbers. */
export const plainAnswer = <Value>(name: AnswerName): Answer<Value> => ({
  name,
  encode: goJson,
  decode: (wire) => wire as Value,
})

/** Text that is no JSON. */
export const textAnswer: Answer<string> = { name: 'Text', encode: (text) => text, decode: (wire) => String(wire) }

export const jsonBody = <Value>(name: BodyName): Body<Value> => ({ name, encode: goJson })

/** A page of a list; `NextToken` is empty on the last one. */
export type List<Item> = { NextToken: string; Items: Item[] }

export const listAnswer = <Item>(
  name: AnswerName,
  encode: (item: Item, version: ClientVersion) => string,
  decode: (wire: Wire) => Item,
): Answer<List<Item>> => ({
  name,
  encode: ({ NextToken, Items }, version) =>
    `{"NextToken":"${NextToken}","Items":[${Items.map((item) => encode(item, version)).join(',')}]}`,
  decode: (wire) => ({ NextToken: wire.NextToken ?? '', Items: (wire.Items ?? []).map(decode) }),
})
