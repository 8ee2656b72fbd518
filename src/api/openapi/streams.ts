import type { JsonSchema } from '#models/outline.ts'
import { keptResultRoute, logsRoute, uploadChunkRoute } from '../job-streams.ts'
import { parametersOf, refusals } from './operation.ts'

const archive = { 'application/gzip': { schema: { type: 'string', format: 'binary' } } }

/** Bytes, whole or from an offset. */
export const keptResultOperation = (): JsonSchema => ({
  tags: ['jobs'],
  operationId: 'jobs_keptResult',
  summary: keptResultRoute.summary,
  parameters: [
    ...parametersOf(keptResultRoute.path, keptResultRoute.query),
    headerText('Range', '`bytes=N-`: from this byte on'),
    headerText('If-Range', 'ETag of the result that was begun; another one is sent whole'),
  ],
  responses: {
    ...refusals(keptResultRoute.errors),
    200: { description: 'A gzip tar', content: archive },
    206: { description: 'The rest of it', content: archive },
    416: { $ref: '#/components/responses/Refused400' },
  },
})

export const uploadChunkOperation = (): JsonSchema => ({
  tags: ['jobs'],
  operationId: 'jobs_uploadChunk',
  summary: uploadChunkRoute.summary,
  parameters: parametersOf(uploadChunkRoute.path, uploadChunkRoute.query),
  requestBody: {
    required: true,
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  },
  responses: {
    ...refusals(uploadChunkRoute.errors),
    200: { description: 'It is on disk', content: { 'application/json': { schema: { type: 'object' } } } },
  },
})

const headerText = (name: string, description: string): JsonSchema => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string' },
})

/** OpenAPI has no word for WebSockets: frames stand where the answer of the upgrade stands. */
export const logsOperation = (frame: JsonSchema): JsonSchema => ({
  tags: ['jobs'],
  operationId: 'jobs_logs',
  summary: logsRoute.summary,
  description:
    'Upgrades to a WebSocket without a subprotocol. Each text frame is one JSON object as below. The server ends the stream with close code 1000 when there is nothing more, and with 1001 when it stops; the client sends nothing.',
  parameters: parametersOf(logsRoute.path, logsRoute.query),
  responses: {
    ...refusals(logsRoute.errors),
    101: { description: 'Frames of the WebSocket', content: { 'application/json': { schema: frame } } },
  },
})

const gone = {
  tags: ['legacy'],
  summary: 'Gone since 1.4',
  deprecated: true,
  parameters: parametersOf('/:rest', {}),
  responses: {
    410: { description: 'Where to look instead', content: { 'application/json': { schema: { type: 'string' } } } },
  },
}

export const goneOperations = (): JsonSchema => ({
  get: { ...gone, operationId: 'legacy_requesterGet' },
  post: { ...gone, operationId: 'legacy_requesterPost' },
})
