import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { formatFloat } from '../go/strconv-float.ts'
import { decodeJson } from './decode.ts'
import * as shapes from './shape.ts'
import { stringifyJson } from './stringify.ts'

const task = shapes.struct('models', 'Task', { Name: shapes.string, Env: shapes.map(shapes.string) })
const job = shapes.struct('models', 'Job', {
  Name: shapes.string,
  Count: shapes.int,
  CreateTime: shapes.int64,
  Tasks: shapes.list(shapes.pointer(task)),
})

describe('decodeJson', () => {
  it('takes field names without case and leaves no field out', () => {
    expect(decodeJson('{"name":"x","TASKS":[{"Name":"main"}],"Other":1}', job)).toEqual({
      Name: 'x',
      Count: 0,
      CreateTime: 0,
      Tasks: [{ Name: 'main', Env: null }],
    })
  })

  it('names the field of a wrong kind and where it stood', () => {
    const expected = { kind: 'type', expected: 'int', got: 'string', field: 'Count', struct: 'Job', offset: 21 }
    expect(() => decodeJson('{"Name":"é","Count":""}', job)).toThrow(
      expect.objectContaining({
        code: 'BadRequest',
        message: 'json: cannot unmarshal string into Go struct field Job.Count of type int',
        cause: { ...expected, offset: 23 },
      }),
    )
  })

  it('tells the first of several mistakes and the innermost struct', () => {
    expect(() => decodeJson('{"Tasks":[{"Env":{"a":1}}],"Count":{}}', job)).toThrow(
      'json: cannot unmarshal number into Go struct field Task.Tasks.Env of type string',
    )
    expect(() => decodeJson('[]', job)).toThrow('json: cannot unmarshal array into Go value of type models.Job')
  })

  it('keeps 64-bit integers and refuses what has more bits or a fraction', () => {
    expect(decodeJson('{"CreateTime":1732419274461234567}', job)).toMatchObject({ CreateTime: 1732419274461234567n })
    expect(() => decodeJson('{"Count":9223372036854775808}', job)).toThrow(
      'cannot unmarshal number 9223372036854775808',
    )
    expect(() => decodeJson('{"Count":1.0}', job)).toThrow('cannot unmarshal number 1.0 into Go struct field Job.Count')
  })
})

/** The sample shape of the recordings, with the fields that are left out when they are empty. */
const inner = shapes.struct('main', 'jInner', { A: shapes.string, B: shapes.int })
const sized = (type: string, bits: 8 | 64, isSigned: boolean): shapes.JsonShape => ({
  kind: 'integer',
  type,
  bits,
  isSigned,
})
const sample: shapes.StructShape = {
  kind: 'struct',
  name: 'jT',
  package: 'main',
  fields: [
    { name: 'S', shape: shapes.string },
    { name: 'N', shape: shapes.int },
    { name: 'I8', shape: sized('int8', 8, true) },
    { name: 'I64', shape: shapes.int64 },
    { name: 'U8', shape: sized('uint8', 8, false) },
    { name: 'U64', shape: shapes.uint64 },
    { name: 'F', shape: shapes.float64 },
    { name: 'F32', shape: { kind: 'float', type: 'float32', bits: 32 } },
    { name: 'B', shape: shapes.bool },
    { name: 'P', shape: shapes.pointer(shapes.int) },
    { name: 'PS', shape: shapes.pointer(shapes.string) },
    { name: 'L', shape: shapes.list(shapes.string) },
    { name: 'LO', shape: shapes.list(shapes.int) },
    { name: 'M', shape: shapes.map(shapes.int) },
    { name: 'MO', shape: shapes.map(shapes.string) },
    { name: 'MI', shape: { kind: 'map', of: shapes.string, keys: 'int' } },
    { name: 'BY', shape: { kind: 'bytes', type: '[]uint8' } },
    { name: 'ARR', shape: { kind: 'tuple', of: shapes.int, length: 2 } },
    { name: 'A', shape: shapes.any },
    { name: 'AO', shape: shapes.any },
    { name: 'IN', shape: inner },
    { name: 'IP', shape: shapes.pointer(inner) },
    { name: 'IL', shape: shapes.list(inner) },
    { name: 'Q', shape: { kind: 'integer', type: 'int', bits: 64, isSigned: true, isQuoted: true } },
    { name: 'T', shape: shapes.time },
    { name: 'D', shape: sized('time.Duration', 64, true) },
    { name: 'NoTag', shape: shapes.string },
    { name: 'E1', shape: shapes.string, through: 'jEmb' },
  ],
}
const omittedWhenEmpty = new Set([
  'I8',
  'I64',
  'U8',
  'U64',
  'F',
  'F32',
  'B',
  'PS',
  'LO',
  'MO',
  'MI',
  'BY',
  'AO',
  'IP',
  'IL',
  'Q',
  'D',
])

const isEmpty = (value: unknown): boolean =>
  value === null || value === 0 || value === false || (typeof value === 'object' && Object.keys(value).length === 0)

/** Go writes maps in the order of their keys, and numbers of no known type as floats. */
function written(name: string, value: unknown): unknown {
  if (name === 'Q') return String(value)
  if (name === 'IN' || name === 'IP') return writtenInner(value)
  if (name === 'IL') return (value as unknown[] | null)?.map(writtenInner) ?? null
  if (name === 'F32') return Number(formatFloat(value as number, 'g', -1, 32))
  if (name === 'BY') return Buffer.from(value as Uint8Array).toString('base64')
  if (name === 'A' || name === 'AO') return sorted(value)
  return name.startsWith('M') ? sorted(value) : value
}

const writtenInner = (value: unknown): unknown => {
  const { A, B } = value as { A: string; B: number }
  return B === 0 ? { A } : { A, B }
}

function sorted(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]))
}

describeVectors('json-go.json', (text: string) => {
  const value = decodeJson(text, sample) as Record<string, unknown>
  const members = sample.fields
    .filter(
      ({ name }) =>
        !(
          omittedWhenEmpty.has(name) &&
          (name === 'AO' ? value.AO === null : name !== 'IP' ? isEmpty(value[name]) : value.IP === null)
        ),
    )
    .map(({ name }) => `"${name}":${stringifyJson(written(name, value[name]), { escapeHtml: true })}`)
  return `{${members.join(',')}}`
})
