import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { BuiltProduct } from '../../kit/built-product.ts'
import { halfSent } from '../../kit/raw-exchange.ts'
import { ask, endOf, serveNode, smallJob, submit } from '../../kit/served-node.ts'
import { until } from '../../kit/until.ts'

const loop = join(import.meta.dirname, '../../fixtures/wasm/loop.wasm')

let product: BuiltProduct
beforeEach(() => {
  product = new BuiltProduct()
})
afterEach(() => product.close())

it('a submission that is cut in the middle of its body makes no job [I2]', async () => {
  const node = await serveNode(product)
  const head = 'PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const body = JSON.stringify(smallJob('cut'))
  const sent = `${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`
  const sockets = await Promise.all(Array.from({ length: 20 }, () => halfSent(node.port, sent)))
  for (const socket of sockets) socket.resetAndDestroy()
  const { JobID } = (await submit(node, smallJob('whole'))).body
  expect(await endOf(node, JobID)).toMatchObject({ StateType: 'Completed' })
  const jobs = (await ask(node, 'GET', '/orchestrator/jobs')).body.Items as { Name: string }[]
  expect(jobs.map(({ Name }) => Name)).toEqual(['whole'])
  expect((await node.program.end()).code).toBe(0)
})

it('followers of logs and waiters that go away hold nothing up [W6, W44]', async () => {
  const node = await serveNode(product)
  const env = { BACALHAU_API_PORT: String(node.port) }
  const id = (await product.run(['wasm', 'run', '--wait=false', loop], env)).stdout.trim()
  const started = async () =>
    (await ask(node, 'GET', `/orchestrator/jobs/${id}/executions`)).body.Items.some((each: any) => each.StartTime > 0)
  await until('the program runs', started)
  const followers = Array.from({ length: 4 }, () => product.start(['job', 'logs', '--follow', id], env))
  const waiters = await Promise.all(
    Array.from({ length: 20 }, () =>
      halfSent(node.port, `GET /api/v1/orchestrator/jobs/${id}?wait=60s&index=99999 HTTP/1.1\r\nHost: x\r\n\r\n`),
    ),
  )
  const first = (await submit(node, smallJob('meanwhile'))).body.JobID
  expect(await endOf(node, first)).toMatchObject({ StateType: 'Completed' })
  for (const follower of followers) await follower.end('SIGKILL')
  for (const waiter of waiters) waiter.resetAndDestroy()
  const second = (await submit(node, smallJob('afterwards'))).body.JobID
  expect(await endOf(node, second)).toMatchObject({ StateType: 'Completed' })
  expect((await ask(node, 'DELETE', `/orchestrator/jobs/${id}`)).status).toBe(200)
  expect(await endOf(node, id)).toMatchObject({ StateType: 'Stopped' })
  expect((await node.program.end()).code).toBe(0)
})

it('a submission whose answer nobody waits for is there once, whole [I1, I2]', async () => {
  const node = await serveNode(product)
  const body = JSON.stringify({ ...smallJob('unheard'), IdempotencyToken: 'one' })
  const head = 'PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const socket = await halfSent(node.port, `${head}Content-Length: ${body.length}\r\n\r\n${body}`)
  socket.destroy()
  const again = await submit(node, body)
  expect(again.status).toBe(200)
  expect(await endOf(node, again.body.JobID)).toMatchObject({ StateType: 'Completed' })
  expect((await ask(node, 'GET', '/orchestrator/jobs')).body.Items.length).toBe(1)
})
