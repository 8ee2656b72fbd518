import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobId } from '#models/ids.ts'
import type { S3Clients } from '#providers/s3/clients.ts'
import { defaultS3Settings } from '#providers/s3/settings.ts'
import { S3Storage } from '#providers/s3/storage.ts'
import { s3Clients } from '../kit/s3.ts'
import { S3Server } from '../kit/s3-server.ts'
import { StepClock } from '../kit/step-clock.ts'

const never = new AbortController().signal
const Bucket = 'b'
const minute = 60_000

describe('what a prefix means to the partitions of a job', () => {
  let store: S3Server
  let clients: S3Clients
  let folder: string
  const clock = new StepClock()
  beforeEach(async () => {
    store = await S3Server.start()
    store.buckets.make(Bucket)
    clients = s3Clients({ endpoint: store.endpoint, region: 'us-east-1', accessKeyId: 'id', secretAccessKey: 'secret' })
    folder = mkdtempSync(join(tmpdir(), 'bacalhau-s3-listings-'))
    clock.goTo(clock.nowAtMs + 60 * minute)
  })
  afterEach(async () => {
    await clients.stop()
    await store.close()
    rmSync(folder, { recursive: true })
  })

  const node = () => new S3Storage(defaultS3Settings, clients, { clock })
  const source = (Partition: object) => ({
    Type: 's3',
    Params: { Bucket, Key: 'in/', Endpoint: store.endpoint, Region: 'us-east-1', Partition },
  })
  const take = async (on: S3Storage, Partition: object, index: number, jobVersion = 1) => {
    const directory = mkdtempSync(join(folder, 'e-'))
    const share = { jobId: 'j-1' as JobId, jobVersion, index, count: 3 }
    await on.sizeBytes(source(Partition), share, never)
    const input = { Source: source(Partition), Alias: '', Target: '/in' }
    const { hostPath } = await on.prepare(input, { directory, share, limitBytes: 1e9 }, never)
    return readdirSync(hostPath)
  }
  const put = (...names: string[]) => {
    for (const name of names) store.buckets.put(Bucket, `in/${name}`, name)
  }
  const lists = () => store.asked.filter((asked) => asked === `GET ${Bucket}/`).length

  it('is looked up once on a node, also for those that start much later or again', async () => {
    put('a', 'b', 'c', 'd')
    const here = node()
    const taken: string[][] = []
    for (const index of [0, 1, 2, 1, 0]) {
      taken.push(await take(here, { Type: 'object' }, index))
      put(`new-${taken.length}`)
      clock.goTo(clock.nowAtMs + 9 * minute)
    }
    expect(lists()).toBe(1)
    expect(taken.slice(0, 3).flat().toSorted()).toEqual(['a', 'b', 'c', 'd'])
    expect(taken.slice(3)).toEqual([taken[1], taken[0]])
    expect((await take(here, { Type: 'none' }, 0, 2)).length).toBe(9)
    expect(lists()).toBe(2)
  })

  it.each([
    { Type: 'object' },
    { Type: 'regex', Pattern: '(\\d+)$' },
    { Type: 'substring', StartIndex: 0, EndIndex: 2 },
    { Type: 'date', DateFormat: '2006-01-02' },
  ])('gives an object to one of them alone, by its key, whenever their nodes look: $Type', async (partition) => {
    const names = (kind: string) =>
      Array.from({ length: 40 }, (_, n) => `2026-${String(1 + (n % 12)).padStart(2, '0')}-0${1 + (n % 9)}-${kind}-${n}`)
    const [always, gone, come] = [names('always'), names('gone'), names('come').slice(0, 13)]
    put(...always, ...gone)
    const early = node()
    const first = await take(early, partition, 0)
    for (const name of gone) store.buckets.remove(Bucket, `in/${name}`)
    put(...come)
    const second = await take(node(), partition, 1)
    const third = await take(node(), partition, 2)
    // Its first attempt failed, and another node lists anew for the next.
    const firstAgain = await take(node(), partition, 0)
    for (const taken of [[first, second, third].flat(), [firstAgain, second, third].flat()]) {
      expect(new Set(taken).size).toBe(taken.length)
      expect(always.filter((name) => !taken.includes(name))).toEqual([])
    }
    expect([firstAgain, second, third].flat().toSorted()).toEqual([...always, ...come].toSorted())
  })
})
