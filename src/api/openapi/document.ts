import type { FaultCode } from '#lib/fault.ts'
import type { JsonSchema } from '#models/outline.ts'
import { SchemaWriter } from '#models/schema-writer.ts'
import { apiPrefix } from '../endpoint.ts'
import { keptResultRoute, logsRoute, uploadChunkRoute } from '../job-streams.ts'
import { others } from './components.ts'
import { type Group, groups } from './groups.ts'
import { operationOf, refusalsOf } from './operation.ts'
import { goneOperations, keptResultOperation, logsOperation, uploadChunkOperation } from './streams.ts'

const base = '#/components/schemas/'

/** The REST contract as an OpenAPI 3.1 document, made from the rows that the routes are made from. */
export function openApiDocument(version: string): JsonSchema {
  const answered = new SchemaWriter({ use: 'answered', base })
  const taken = new SchemaWriter({ use: 'taken', base, suffix: 'Input' })
  const error = answered.write(others.Error)
  const outdated = answered.write(others.Outdated)
  const paths: Record<string, JsonSchema> = {}
  const add = (path: string, operations: JsonSchema) => {
    const name = path.replace(/:(\w+)/g, '{$1}')
    paths[name] = { ...paths[name], ...operations }
  }
  for (const { path, method, operation } of groups.flatMap((group) => operationsOf(group, { answered, taken }))) {
    add(path, { [method]: operation })
  }
  add(keptResultRoute.path, { get: keptResultOperation() })
  add(uploadChunkRoute.path, { put: uploadChunkOperation() })
  add(logsRoute.path, { get: logsOperation(answered.write(others.LogFrame)) })
  add('/requester/:rest', goneOperations())
  return {
    openapi: '3.1.1',
    info: { title: 'Bacalhau', version, description: about, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: apiPrefix }],
    security: [{}, { token: [] }, { password: [] }],
    tags: groups.map(({ name, title }) => ({ name, description: title })),
    paths,
    components: {
      schemas: { ...answered.definitions, ...taken.definitions },
      responses: refusalsOf(allErrors, error, outdated),
      parameters: { pretty },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token of a login, or an API key.' },
        password: { type: 'http', scheme: 'basic', description: 'A user of the configuration.' },
      },
    },
  }
}

const about =
  'Times that are numbers are nanoseconds since 1970 and need all 64 bits. Lists answer NextToken, to be given back as next_token. ' +
  'Numbers of states, words of networks and the form of errors follow the version that a caller names in X-Bacalhau-Git-Version; without it, 1.4.0. ' +
  'Names of fields in bodies are taken in any case; answers may get more fields.'

const pretty = {
  name: 'pretty',
  in: 'query',
  description: 'Indents the answer, by being there',
  allowEmptyValue: true,
  schema: { type: ['boolean', 'string'] },
}

const allErrors: readonly FaultCode[] = [
  ...groups.flatMap(({ rows }) => Object.values(rows).flatMap(({ errors }) => errors)),
  ...keptResultRoute.errors,
  ...uploadChunkRoute.errors,
  ...logsRoute.errors,
]

type Writers = Parameters<typeof operationOf>[3]
type Placed = { path: string; method: string; operation: JsonSchema }

const operationsOf = ({ name: tag, rows }: Group, writers: Writers): Placed[] =>
  Object.entries(rows).flatMap(([name, row]) =>
    [row.method, ...(row.also ?? [])].map((method, at) => {
      const id = `${tag}_${name}${at === 0 ? '' : `_${method.toLowerCase()}`}`
      return { path: row.path, method: method.toLowerCase(), operation: operationOf(tag, id, row, writers) }
    }),
  )
