import { describe, expect, it } from 'vitest'
import { type Exchange, expectDocumented, expectDocumentedFrame } from '../kit/documented.ts'

const stopped: Exchange = {
  method: 'DELETE',
  path: '/api/v1/orchestrator/jobs/j-1?reason=why',
  status: 200,
  contentType: 'application/json',
  text: '{"EvaluationID":"e"}',
}
const refused = { RequestID: '', Code: 'NotFound', Component: 'JobStore', Status: 404 }
const refusal: Exchange = { ...stopped, status: 404, text: JSON.stringify({ ...refused, Message: 'no such job' }) }

describe('what holds answers against the OpenAPI document', () => {
  it('is content with what is documented', () => {
    expectDocumented(stopped)
    expectDocumented(refusal)
    expectDocumented({ ...refusal, text: JSON.stringify({ ...refused, error: 'code=404, message=a', message: 'a' }) })
    expectDocumented({ ...stopped, method: 'GET', path: '/api/v1/livez', contentType: 'text/plain', text: 'OK' })
    expectDocumented({ ...refusal, method: 'PATCH' })
    expectDocumentedFrame('{"value":{"Type":1,"Line":"a"}}\n')
  })

  const wrong: [string, Partial<Exchange>, string][] = [
    ['a value of another type', { text: '{"EvaluationID":1}' }, 'EvaluationID must be string'],
    ['a field that is missing', { text: '{}' }, "must have required property 'EvaluationID'"],
    [
      'a field that nobody knows',
      { text: '{"EvaluationID":"e","Mood":"good"}' },
      'must NOT have additional properties',
    ],
    ['what is no JSON', { text: '{' }, 'SyntaxError'],
    ['a status that is not listed', { status: 201 }, 'no such status'],
    ['another content type', { contentType: 'text/html' }, 'content type text/html'],
    ['an answer of a route that is not there', { path: '/api/v1/secret' }, 'no such operation'],
    ['a refusal without its message', { ...refusal, text: JSON.stringify(refused) }, 'must match a schema in anyOf'],
  ]
  it.each(wrong)('finds %s', (_, change, found) => {
    expect(() => expectDocumented({ ...stopped, ...change })).toThrow(found)
  })

  it('finds a frame without its value', () => {
    expect(() => expectDocumentedFrame('{"error":"gone"}')).toThrow("must have required property 'value'")
  })
})
