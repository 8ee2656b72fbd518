import { expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { InputHolders } from './input-holders.ts'

const jobWith = (...Sources: object[]) => ({ Tasks: [{ InputSources: Sources.map((Source) => ({ Source })) }] }) as Job
const s3 = (Key: string) => ({ Type: 'S3', Params: { Bucket: 'b', Key } })
const node = (n: number) => `n-${n}` as NodeId

it('nodes that have served a job are known to have its inputs, as far as they keep any', () => {
  const holders = new InputHolders()
  holders.note(jobWith(s3('a'), s3('b'), { Type: 'inline', Params: { URL: 'data:,x' } }), node(1))
  holders.note(jobWith(s3('b'), { Type: 'upload', Params: { ID: 'd' } }), node(2))
  expect([...holders.of(jobWith(s3('a'), s3('b'), s3('c')))]).toEqual([
    [node(1), 2],
    [node(2), 1],
  ])
  expect(holders.of(jobWith({ Type: 'inline', Params: { URL: 'data:,x' } })).size).toBe(0)
  expect([...holders.of(jobWith({ Type: 'upload', Params: { ID: 'd' } }))]).toEqual([[node(2), 1]])
  holders.forget(node(1))
  expect([...holders.of(jobWith(s3('b')))]).toEqual([[node(2), 1]])
})

it('an input is the same however a client orders and writes its parameters', () => {
  const holders = new InputHolders()
  holders.note(jobWith({ Type: 'S3', Params: { Bucket: 'b', Key: 'a' } }), node(1))
  expect(holders.of(jobWith({ Type: 's3', Params: { key: 'a', bucket: 'b' } })).size).toBe(1)
  expect(holders.of(jobWith({ Type: 's3', Params: { key: 'b', bucket: 'a' } })).size).toBe(0)
})

it('what is known is known again from what was told before, which is told once', () => {
  const [before, after] = [new InputHolders(), new InputHolders()]
  expect(before.toldAt()).toBeUndefined()
  for (const n of [1, 2, 3]) before.note(jobWith(s3('a')), node(n))
  before.forget(node(2))
  after.hear(before.toldAt() ?? '')
  expect([before.toldAt(), after.toldAt()]).toEqual([undefined, undefined])
  expect([...after.of(jobWith(s3('a')))]).toEqual([...before.of(jobWith(s3('a')))])
})

it('remembers the latest inputs and nodes only', () => {
  const holders = new InputHolders()
  for (let n = 0; n < 40; n++) holders.note(jobWith(s3('popular')), node(n))
  const held = [...holders.of(jobWith(s3('popular'))).keys()]
  expect([held.length, held[0], held.at(-1)]).toEqual([32, node(8), node(39)])
  for (let n = 0; n < 1_000; n++) holders.note(jobWith(s3(`other ${n}`)), node(1))
  expect(holders.of(jobWith(s3('popular'))).size).toBe(0)
})
