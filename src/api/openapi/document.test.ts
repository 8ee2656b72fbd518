import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openApiDocument } from './document.ts'
import { groups } from './groups.ts'

const document = openApiDocument('1.2.3') as any
const official = join(import.meta.dirname, '../../../test/fixtures/openapi/openapi-3.1.schema.yaml')
/** The validator does not follow that schema's dynamic references; what they lead to is JSON Schema itself. */
const metaSchema = 'https://json-schema.org/draft/2020-12/schema'
const openApiSchema = parse(readFileSync(official, 'utf8').replaceAll("$dynamicRef: '#meta'", `$ref: '${metaSchema}'`))
const methods = ['get', 'put', 'post', 'delete']
const operations: any[] = Object.values<any>(document.paths).flatMap((path) =>
  Object.entries(path).flatMap(([method, operation]) => (methods.includes(method) ? [operation] : [])),
)

describe('the OpenAPI document', () => {
  it('is one, by the schema of OpenAPI 3.1', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { ...fullFormats, 'media-range': true } })
    const validate = ajv.compile(openApiSchema)
    validate(document)
    expect(validate.errors).toBeNull()
    expect(validate({ ...document, paths: { 'no-slash': {} } })).toBe(false)
    expect(validate({ ...document, components: { schemas: { Wrong: { type: 'text' } } } })).toBe(false)
  })

  it('has only schemas that are right and know all their words', () => {
    const ajv = new Ajv2020({
      formats: { ...fullFormats, int64: true, binary: true },
      strictRequired: false,
      strictTypes: false,
    })
    ajv.addVocabulary(Object.keys(document))
    ajv.addSchema(document, 'api')
    for (const name of Object.keys(document.components.schemas)) {
      expect(ajv.getSchema(`api#/components/schemas/${name}`), name).toBeTypeOf('function')
    }
  })

  it('has every row of the contract under each of its methods, and the streams', () => {
    for (const { rows } of groups) {
      for (const { path, method, also = [], role } of Object.values(rows)) {
        const place = document.paths[path.replace(/:(\w+)/g, '{$1}')]
        for (const each of [method, ...also]) {
          const { responses } = place[each.toLowerCase()]
          expect(Object.keys(responses), path).toEqual(expect.arrayContaining(['200', '400', '500', '503']))
          expect('404' in responses || role === 'any', path).toBe(true)
        }
      }
    }
    expect(Object.keys(document.paths)).toContain('/orchestrator/jobs/{id}/logs')
    expect(Object.keys(document.paths)).toContain('/orchestrator/jobs/{id}/results/{execution}')
  })

  it('calls each operation by a name of its own', () => {
    const ids = operations.map(({ operationId }) => operationId)
    expect(ids.length).toBeGreaterThan(25)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('tells times as integers of 64 bits, in nanoseconds [R85]', () => {
    expect(document.components.schemas.Job.properties.CreateTime).toEqual({
      type: 'integer',
      format: 'int64',
      description: 'Unix time in nanoseconds.',
    })
  })

  it('wants of an answer what is always there, and of a submission only what is needed', () => {
    const { schemas } = document.components
    expect(schemas.Job.required).toEqual(expect.arrayContaining(['ID', 'Namespace', 'Tasks', 'State', 'CreateTime']))
    expect(schemas.Job.required).not.toContain('MaxPerNode')
    expect(schemas.JobInput.required).toEqual(['Type', 'Tasks'])
    expect(Object.keys(schemas.JobInput.properties)).not.toContain('State')
  })
})
