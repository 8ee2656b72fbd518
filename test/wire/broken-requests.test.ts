import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GuardedNode, guardedNode } from '../kit/guarded-node.ts'
import { rawExchange } from '../kit/raw-exchange.ts'

let node: GuardedNode
beforeAll(async () => {
  node = await guardedNode({})
})
afterAll(() => node.stop())

/** Status and error body of each answer that came back for some bytes. */
async function answersTo(bytes: string): Promise<[number, any][]> {
  const text = await rawExchange(node.port, bytes)
  return text
    .split(/(?=HTTP\/1\.1 \d)/)
    .map((answer) => [Number(answer.slice(9, 12)), JSON.parse(answer.split('\r\n\r\n')[1] as string)])
}
const alive = 'GET /api/v1/agent/alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
const listOrderedBy = (order: string) => node.http.get(`/orchestrator/jobs?order_by=${order}`)

describe('requests that HTTP itself refuses', () => {
  it('get an error in our form that says what is wrong with them [R78]', async () => {
    const wrong: [string, number, string][] = [
      ['GARBAGE\r\n\r\n', 400, 'the request is not HTTP: '],
      [`${alive}Content-Length: many\r\n\r\n`, 400, 'the request is not HTTP: Invalid character in Content-Length'],
      [
        `${alive}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
        400,
        'the request is not HTTP: Duplicate Content-Length',
      ],
      [`${alive}X: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'the headers are too large'],
      ['CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', 404, 'Not Found'],
      [
        `GET /api/v1/auth/${'x'.repeat(1_025)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        400,
        'has at most 1024',
      ],
    ]
    for (const [bytes, status, sentence] of wrong) {
      expect(await answersTo(bytes), bytes.slice(0, 80)).toEqual([
        [status, expect.objectContaining({ Status: status, message: expect.stringContaining(sentence) })],
      ])
    }
  })

  it('are answered once: what lies behind the last request of a connection does not matter [R78]', async () => {
    expect(await answersTo(`${alive}\r\n{"behind":"it"}`)).toEqual([[200, { Status: 'OK' }]])
  })

  it('may expect what they like: only 100-continue has a meaning [R80]', async () => {
    expect(await answersTo(`${alive}Expect: the best\r\n\r\n`)).toEqual([[200, { Status: 'OK' }]])
  })
})

describe('words of a query that mean something to JavaScript', () => {
  it('are no order to sort by [R75]', async () => {
    for (const word of ['constructor', '__proto__', 'toString']) {
      expect(await listOrderedBy(word)).toMatchObject({ status: 400, json: { message: 'invalid order_by' } })
    }
  })
})

describe('types of that name in a job', () => {
  it('are types that no node offers: its job is taken and waits, or is refused in words [R88]', async () => {
    const typed = (engine: string, source: string, publisher: string) => ({
      Type: 'batch',
      Tasks: [
        {
          Name: 'main',
          Engine: { Type: engine, Params: {} },
          Publisher: { Type: publisher, Params: {} },
          InputSources: [{ Source: { Type: source, Params: {} }, Target: '/x' }],
        },
      ],
    })
    for (const words of [
      ['constructor', 'inline2', 's4'],
      ['noop', 'constructor', 's4'],
      ['noop', 'x', 'constructor'],
    ]) {
      const [engine = '', source = '', publisher = ''] = words
      expect(await node.http.submit(typed(engine, source, publisher)), words.join()).toMatchObject({ status: 200 })
    }
  })
})

describe('paths without an id', () => {
  it('are no route: also logs and kept results [R77]', async () => {
    for (const path of ['/orchestrator/jobs//logs', '/orchestrator/jobs//results/e-1', '/orchestrator/jobs//history']) {
      expect(await node.http.get(path), path).toMatchObject({ status: 404, json: { message: 'Not Found' } })
    }
  })
})
