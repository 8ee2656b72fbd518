import { describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { submitShape } from '#models/job.schema.ts'
import { readBody } from './read-body.ts'

const read = (text: string) => readBody({ text, contentType: 'application/json' }, submitShape)
function faultOf(work: () => unknown): Fault {
  try {
    work()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('was taken')
}
const withParams = (...params: string[]) =>
  `{"Job":{"Tasks":[{"Engine":{${params.map((each) => `"Params":${each}`).join(',')}}}]}}`

describe('a JSON body', () => {
  it('with equal keys is read as Go reads it: each into what the ones before left', () => {
    const job = '{"Job":{"Name":"a","Meta":{"x":"1"},"Tasks":[{"Name":"t","StopGrace":5}]}'
    expect(read(`${job},"job":{"Type":"ops","Meta":{"y":"2"},"Tasks":[{"Name":"u"},null]}}`)).toEqual({
      Job: { Name: 'a', Type: 'ops', Meta: { x: '1', y: '2' }, Tasks: [{ Name: 'u', StopGrace: 5 }, null] },
    })
    expect(read('{"Job":{"Name":"a","Meta":{"x":"1"},"Name":null,"Meta":null}}')).toEqual({ Job: { Name: 'a' } })
    expect(read(withParams('{"a":1,"b":[1]}', '{"b":[2]}'))).toEqual({
      Job: { Tasks: [{ Engine: { Params: { a: 1, b: [2] } } }] },
    })
  })

  it('is refused for the first mistake, at its place in bytes', () => {
    expect(() => read('{"Job":{"Name":"é","Count":"x","Count":1}}')).toThrow('field=Job.Count, offset=31')
    expect(() => read('{"Job":{"Count":1,"Count":"x"}}')).toThrow('field=Job.Count, offset=29')
  })

  it('is told of all that cannot be read, each with its path, and what may stand there', () => {
    const body = '{"job":{"count":"x","Labels":{"a":1,"b":2},"Tasks":[{"Network":{"Type":"Fuller"}},5]}}'
    const fault = faultOf(() => read(body))
    expect(fault.message).toBe(
      "code=400, message=models.Network: unknown type 'Fuller', internal=models.Network: unknown type 'Fuller'",
    )
    expect(Object.keys(fault.details ?? {})).toEqual([
      'Job.Tasks[0].Network.Type',
      'Job.Tasks[1]',
      'Job.Count',
      'Job.Labels.a',
      'Job.Labels.b',
    ])
    expect(fault.hint).toContain('Job.Tasks[0].Network.Type: one of None, Full, HTTP, Host, Bridge, Default; Job.')
  })

  it('with millions of wrong values is refused after the first of them', () => {
    const fault = faultOf(() => read(`{"Job":{"Tasks":[${'1,'.repeat(2_000_000)}1]}}`))
    expect(fault.message).toContain('expected=models.Task, got=number, field=Job.Tasks, offset=18')
    expect(Object.keys(fault.details ?? {})).toHaveLength(100)
  })

  it.each([
    ['{"Job":{"Count":1.0}}', 'expected=int, got=number 1.0, field=Job.Count, offset=19'],
    ['{"Job":{"Count":1e2}}', 'expected=int, got=number 1e2, field=Job.Count, offset=19'],
    ['{"Job":{"Version":-0}}', 'expected=uint64, got=number -0, field=Job.Version, offset=20'],
  ])('tells integers from other numbers in %s', (text, sentence) => {
    expect(() => read(text)).toThrow(sentence)
  })

  it('refuses a number beyond any float where it is read, and passes it over elsewhere', () => {
    const sentence = 'expected=float64, got=number 1e400, field=Job.Tasks.Engine.Params'
    expect(() => read(withParams('{"a":[1e400]}'))).toThrow(`${sentence}, offset=49`)
    expect(() => read(withParams('{"a":1e400,"a":1}'))).toThrow(`${sentence}, offset=48`)
    expect(read('{"Unknown":1e400,"Force":true}')).toEqual({ Force: true })
  })
})
