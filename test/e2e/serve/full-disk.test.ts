import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BuiltProduct } from '../../kit/built-product.ts'
import { type Answer, ask, endOf, type ServedNode, serveNode, smallJob, submit } from '../../kit/served-node.ts'
import { canMount, growDisk, mountDisk, unmountDisk } from '../../kit/small-disk.ts'
import { until } from '../../kit/until.ts'

let product: BuiltProduct
let disk: string
beforeEach(() => {
  product = new BuiltProduct()
  disk = join(product.folder, 'disk')
  mkdirSync(disk)
  if (canMount) mountDisk(disk, 'size=2m')
})
afterEach(() => {
  if (canMount) unmountDisk(disk)
  return product.close()
})

/** Jobs that keep what they were given until no more fits; those that were accepted, and the answer that refused one. */
async function fill(node: ServedNode): Promise<{ accepted: string[]; refused: Answer }> {
  const accepted: string[] = []
  for (let n = 0; n < 1000; n++) {
    const Meta = { filler: `${n}`.padEnd(20_000, 'x') }
    const answer = await submit(
      node,
      smallJob(`job-${n}`, { Meta, Constraints: [{ Key: 'no', Operator: '=', Values: ['x'] }] }),
    )
    if (answer.status !== 200) return { accepted, refused: answer }
    accepted.push(answer.body.JobID)
  }
  throw new Error('the disk is never full')
}

describe.skipIf(!canMount)('a node whose disk is full', () => {
  it('refuses what it cannot keep with a hint, answers the rest, and goes on when there is space again [I1, L1]', async () => {
    const node = await serveNode(product, [], join(disk, 'data'))
    const { accepted, refused } = await fill(node)
    expect(accepted.length).toBeGreaterThan(5)
    expect(refused.status).toBe(507)
    expect(refused.body).toMatchObject({ Code: 'StorageFull' })
    expect(refused.body.message).toContain('no space left')
    expect(refused.body.Hint).toContain('free space')

    expect((await ask(node, 'GET', '/agent/alive')).status).toBe(200)
    const listed = async () => (await ask(node, 'GET', '/orchestrator/jobs?limit=1000')).body.Items as { ID: string }[]
    expect(new Set((await listed()).map(({ ID }) => ID))).toEqual(new Set(accepted))

    growDisk(disk, '32m')
    // What failed may be left alone for a moment.
    let small: Answer = refused
    await until('it takes jobs again', async () => (small = await submit(node, smallJob('after'))).status === 200)
    expect(await endOf(node, small.body.JobID)).toMatchObject({ StateType: 'Completed' })

    await node.program.end('SIGKILL')
    const again = await serveNode(product, [], join(disk, 'data'))
    const known = (await ask(again, 'GET', '/orchestrator/jobs?limit=1000')).body.Items as { ID: string }[]
    expect(new Set(known.map(({ ID }) => ID))).toEqual(new Set([...accepted, small.body.JobID]))
  })

  it('ends when asked, and starts again when there is space [I1]', async () => {
    const node = await serveNode(product, [], join(disk, 'data'))
    const { accepted } = await fill(node)
    expect(await node.program.end()).toMatchObject({ code: 0, signal: null })
    growDisk(disk, '32m')
    const again = await serveNode(product, [], join(disk, 'data'))
    expect((await ask(again, 'GET', `/orchestrator/jobs/${accepted.at(-1)}`)).status).toBe(200)
    const { JobID } = (await submit(again, smallJob('after'))).body
    expect(await endOf(again, JobID)).toMatchObject({ StateType: 'Completed' })
  })
})
