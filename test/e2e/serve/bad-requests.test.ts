import { afterAll, beforeAll, expect, it } from 'vitest'
import { apiFetch } from '../../kit/api-fetch.ts'
import { BuiltProduct } from '../../kit/built-product.ts'
import { rawExchange } from '../../kit/raw-exchange.ts'
import { ask, endOf, type ServedNode, serveNode, smallJob, submit } from '../../kit/served-node.ts'

const product = new BuiltProduct()
let node: ServedNode
beforeAll(async () => {
  node = await serveNode(product)
})
/** Whatever was asked: the node lives, says nothing that looks like a bug, keeps nothing of it, and works. */
afterAll(async () => {
  expect((await ask(node, 'GET', '/orchestrator/jobs')).body.Items).toEqual([])
  const { JobID } = (await submit(node, smallJob('after'))).body
  expect(await endOf(node, JobID)).toMatchObject({ StateType: 'Completed' })
  const { code, stderr } = await node.program.end()
  expect(code).toBe(0)
  expect(stderr).not.toMatch(/\n +at |bug|ERR/)
  await product.close()
})

const head =
  'PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n'

it.each([
  ['no HTTP at all', 'GARBAGE\r\n\r\n'],
  ['a length that is no number', `${head}Content-Length: abc\r\n\r\n{}`],
  ['two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
  ['a chunk that is none', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
  ['a path that cannot be read', 'GET /api/v1/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ['a zero byte in the path', 'GET /api/v1/\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
])('answers 400 to %s', async (_what, bytes) => {
  expect(await rawExchange(node.port, bytes)).toMatch(/^HTTP\/1\.1 400 /)
})

it('answers 431 to endless headers', async () => {
  const header = `X-Long: ${'x'.repeat(100_000)}\r\n`
  expect(await rawExchange(node.port, `GET / HTTP/1.1\r\nHost: x\r\n${header}\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
})

it.each([
  ['nothing', '', 'ValidationError'],
  ['half of a value', '{"Job":{"Name":', 'BadRequest'],
  ['a list', '[]', 'BadRequest'],
  ['a number for a name', '{"Job":{"Name":5}}', 'BadRequest'],
  ['values within values without end', '['.repeat(100_000), 'BadRequest'],
  ['a zero byte in a text', '{"Job":{"Name":"\u0000"}}', 'BadRequest'],
])('answers 400 to a submission of %s', async (_what, body, code) => {
  const answer = await submit(node, body)
  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({ Code: code })
})

it.each(['with a length', 'in chunks'])('answers 413 with a hint to a huge body %s', async (how) => {
  const bytes = Buffer.alloc(40 * 1024 * 1024, 'x')
  const body = how === 'in chunks' ? new Blob([bytes]).stream() : bytes
  const answer = await apiFetch(`${node.api}/orchestrator/jobs`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body,
    duplex: 'half',
  } as RequestInit).catch((error: Error) => error)
  // The server closes at once; a client that only writes may see that before the answer.
  if (answer instanceof Error) return expect(String(answer.cause)).toMatch(/EPIPE|ECONNRESET|other side closed/)
  expect(answer.status).toBe(413)
  expect(await answer.json()).toMatchObject({ Code: 'PayloadTooLarge', Hint: expect.stringContaining('10 MB') })
})
