import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { missingParts } from '../../../tools/system-parts.ts'
import { BuiltProduct } from '../../kit/built-product.ts'
import { Program } from '../../kit/program.ts'
import { ask, endOf, type ServedNode, serveNode, smallJob, submit } from '../../kit/served-node.ts'

const hasStrace = !missingParts().some(({ name }) => name === 'strace')

let product: BuiltProduct
beforeEach(() => {
  product = new BuiltProduct()
})
afterEach(() => product.close())

/** System calls of a node while something is asked of it, one a line. */
async function callsDuring(node: ServedNode, act: () => Promise<unknown>): Promise<string[]> {
  const file = join(product.folder, 'trace')
  const calls = 'trace=fsync,fdatasync,read,write,writev'
  const pid = String(node.program.child.pid)
  const tracer = new Program('strace', ['-f', '-s', '100', '-e', calls, '-o', file, '-p', pid])
  await tracer.says(/attached/)
  await act()
  await tracer.end('SIGINT')
  return readFileSync(file, 'utf8').split('\n')
}

it.skipIf(!hasStrace)('acknowledged means on disk, synced [I1]', async () => {
  const node = await serveNode(product)
  const lines = await callsDuring(node, async () => expect((await submit(node, smallJob('one'))).status).toBe(200))
  const asked = lines.findIndex((line) => /read\(.*"PUT \/api\/v1\/orchestrator\/jobs /.test(line))
  const answered = lines.findIndex((line) => /writev?\(.*"?HTTP\/1\.1 200 /.test(line))
  expect(asked).toBeGreaterThan(-1)
  expect(answered).toBeGreaterThan(asked)
  const synced = lines.slice(asked, answered).filter((line) => /sync(?:\(\d+\)| resumed>.*) += 0$/.test(line))
  expect(synced.length).toBeGreaterThan(0)
})

it('what was acknowledged outlives kill -9 at any moment, without repair by hand [I1, I4]', async () => {
  const acknowledged: string[] = []
  for (let round = 1; round <= 3; round++) {
    const node = await serveNode(product)
    const isEnough = Promise.withResolvers<void>()
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let n = 0; ; n++) {
        const answer = await submit(node, smallJob(`${round}-${client}-${n}`)).catch(() => undefined)
        if (!answer) return
        acknowledged.push(answer.body.JobID)
        if (acknowledged.length === round * 50) isEnough.resolve()
      }
    })
    await isEnough.promise
    await node.program.end('SIGKILL')
    await Promise.all(clients)
  }
  const node = await serveNode(product)
  for (const id of acknowledged) expect(await endOf(node, id)).toMatchObject({ StateType: 'Completed' })
  const listed = (await ask(node, 'GET', '/orchestrator/jobs?limit=1000')).body.Items as { ID: string }[]
  expect(new Set(listed.map(({ ID }) => ID)).size).toBe(listed.length)
})
