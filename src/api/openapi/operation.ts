import { type FaultCode, statusOf } from '#lib/fault.ts'
import type { JsonSchema } from '#models/outline.ts'
import type { SchemaWriter } from '#models/schema-writer.ts'
import type { Body, Endpoint } from '../endpoint.ts'
import type { QueryKind, QuerySchema } from '../query.ts'
import { answers, bodies } from './components.ts'

/** What any route may answer: a wrong request, a caller that is unknown, not allowed, too old or asks too often, our fault, and a busy or stopping server. */
const anywhere: readonly FaultCode[] = [
  'BadRequest',
  'Unauthorized',
  'Forbidden',
  'ResourceExhausted',
  'InternalError',
  'ServiceUnavailable',
]

export type Writers = { answered: SchemaWriter; taken: SchemaWriter }
type Row = Endpoint<string, any, any, any>

/** A row of the contract as an operation of OpenAPI. */
export function operationOf(tag: string, id: string, row: Row, { answered, taken }: Writers): JsonSchema {
  const { summary, role, path, query, headers = {}, body, answer, statuses = [200], errors, contentType } = row
  const type = contentType === 'text/plain' ? 'text/plain' : 'application/json'
  const content = { [type]: { schema: answered.write(answers[answer.name]) } }
  return {
    tags: [tag],
    operationId: id,
    summary,
    ...(role === 'any' ? {} : { description: `Answered by nodes with the ${role} role.` }),
    parameters: [...parametersOf(path, query), ...headersOf(headers), { $ref: '#/components/parameters/pretty' }],
    ...(body ? { requestBody: bodyOf(taken.write(bodies[body.name]), body) } : {}),
    responses: {
      ...refusals(role === 'any' ? errors : ['NotFound', ...errors]),
      ...Object.fromEntries(
        statuses.map((status) => [status, { description: status === 200 ? 'The answer' : 'Refused', content }]),
      ),
    },
  }
}

/** The parameters of a path and its query. */
export const parametersOf = (path: string, query: QuerySchema): JsonSchema[] => [
  ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: pathTexts[name as string] ?? `Name of the ${name}`,
    schema: { type: 'string', minLength: 1 },
  })),
  ...Object.entries(query).map(([name, { kind, about }]) => ({
    name,
    in: 'query',
    description: about,
    ...(kind === 'flag' ? { allowEmptyValue: true } : {}),
    schema: querySchemas[kind],
  })),
]

const pathTexts: Record<string, string> = {
  id: 'Full id, or a beginning of it that no other has; of a job also its name',
  execution: 'Id of the execution',
}

const headersOf = (headers: Readonly<Record<string, string>>): JsonSchema[] =>
  Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }))

const querySchemas: Record<QueryKind, JsonSchema> = {
  text: { type: 'string' },
  uint32: { type: 'integer', minimum: 0, maximum: 4_294_967_295 },
  int64: { type: 'integer', format: 'int64' },
  bool: { type: 'boolean' },
  texts: { type: 'array', items: { type: 'string' } },
  flag: { type: 'boolean' },
  wait: { type: 'string', pattern: '^\\d{1,9}(ms|s|m)$', examples: ['500ms', '30s'] },
}

const bodyOf = (schema: JsonSchema, { isOptional, isAlsoYaml }: Body<any>): JsonSchema => ({
  required: !isOptional,
  content: { 'application/json': { schema }, ...(isAlsoYaml ? { 'application/yaml': { schema } } : {}) },
})

/** By status; what they look like is kept once, in `refusalsOf`. */
export const refusals = (errors: readonly FaultCode[]): JsonSchema =>
  Object.fromEntries(
    [...new Set([...anywhere, ...errors].map(statusOf))].map((status) => [
      status,
      { $ref: `#/components/responses/Refused${status}` },
    ]),
  )

/** The forms of refusals for these codes and those that any route may answer. */
export function refusalsOf(errors: readonly FaultCode[], error: JsonSchema, outdated: JsonSchema): JsonSchema {
  const byStatus = Map.groupBy(new Set([...anywhere, ...errors]), statusOf)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const schema = status === 400 || status === 403 ? { anyOf: [error, outdated] } : error
      return [`Refused${status}`, { description: codes.join(' or '), content: { 'application/json': { schema } } }]
    }),
  )
}
