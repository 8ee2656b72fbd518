import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { apiPrefix } from '#api/endpoint.ts'
import { openApiDocument } from '#api/openapi/document.ts'

/** A request and what came back. */
export type Exchange = { method: string; path: string; status: number; contentType: string; text: string }

export class NotAsDocumented extends Error {}

type Schema = Record<string, unknown>
type Operation = { responses: Record<string, { $ref?: string; content?: Record<string, unknown> }> }
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; responses: Record<string, { content: Record<string, unknown> }> }
}

const document = openApiDocument('test') as Document
for (const [name, schema] of Object.entries(document.components.schemas)) {
  // The document lets answers grow; here a field that it does not know is a mistake.
  if (!name.endsWith('Input')) schema.additionalProperties = false
}
const ajv = new Ajv2020({
  allErrors: true,
  strictRequired: false,
  strictTypes: false,
  formats: { ...fullFormats, int64: true, binary: true },
})
ajv.addVocabulary(Object.keys(document))
ajv.addSchema(document, 'api')

/** Paths without parameters come first: `jobs/batch` is no job. */
const paths = Object.keys(document.paths)
  .sort((a, b) => a.split('{').length - b.split('{').length)
  .map((path) => ({
    path,
    pattern: new RegExp(
      `^${path
        .replaceAll('.', '\\.')
        .replace('{rest}', '.+')
        .replace(/\{\w+\}/g, '[^/]+')}$`,
    ),
  }))

/** Throws when what the API answered is not what its document says of it. */
export function expectDocumented(exchange: Exchange): void {
  const found = problemOf(exchange)
  if (found === undefined) return
  const { method, path, status, text } = exchange
  throw new NotAsDocumented(
    `${method} ${path} answered ${status}, not as documented: ${found}\n${text.slice(0, 2_000)}`,
  )
}

/** The same for a frame of a log stream. */
export function expectDocumentedFrame(text: string): void {
  const found = mismatch('/components/schemas/LogFrame', text)
  if (found !== undefined) throw new NotAsDocumented(`a frame is not as documented: ${found}\n${text.slice(0, 2_000)}`)
}

function problemOf({ method, path: url, status, contentType, text }: Exchange): string | undefined {
  const path = (url.split('?')[0] ?? '').split('/').map(readable).join('/').replace(apiPrefix, '')
  const known = paths.find(({ pattern }) => pattern.test(path))?.path
  const type = contentType.split(';')[0] ?? ''
  const operation = known === undefined ? undefined : document.paths[known]?.[method.toLowerCase()]
  // A node without the role does not know the route, and says so as of any other.
  const isUnknown = known === undefined || operation === undefined || (status === 404 && type === 'text/plain')
  if (isUnknown) return undocumented(method, path, status, text)
  const response = operation.responses[status]
  if (response === undefined) return 'no such status'
  const place = response.$ref?.slice(1) ?? `/paths/${escaped(known)}/${method.toLowerCase()}/responses/${status}`
  const content = response.content ?? document.components.responses[place.split('/').at(-1) ?? '']?.content ?? {}
  if (content[type] === undefined) return `content type ${contentType}`
  if (type === 'application/gzip') return undefined
  return mismatch(`${place}/content/${escaped(type)}/schema`, type === 'text/plain' ? JSON.stringify(text) : text)
}

/** A part of a path as the server reads it; a slash inside it divides nothing. */
function readable(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('/', '%2F')
  } catch {
    return part
  }
}

/** What is not in the document is refused like everything else, or it is the root. */
function undocumented(method: string, path: string, status: number, text: string): string | undefined {
  if (path === '/' || method === 'OPTIONS') return undefined
  if (method === 'HEAD' && text === '') return undefined
  if (![400, 401, 403, 404, 429].includes(status)) return 'no such operation'
  return mismatch(`/components/responses/Refused${status === 404 ? 404 : 403}/content/application~1json/schema`, text)
}

function mismatch(pointer: string, text: string): string | undefined {
  const validate = ajv.getSchema(`api#${encodeURI(pointer)}`) as ValidateFunction | undefined
  if (validate === undefined) throw new Error(`the document has no ${pointer}`)
  try {
    return validate(JSON.parse(text)) ? undefined : ajv.errorsText(validate.errors, { separator: '\n' })
  } catch (error) {
    return String(error)
  }
}

const escaped = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1')
