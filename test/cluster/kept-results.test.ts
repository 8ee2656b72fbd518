import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client } from '#client/client.ts'
import type { AgentApi, JobsApi, KeptResult } from '#contracts/control-plane.ts'
import { resultPartBytes } from '#contracts/node-link.ts'
import type { Publisher, ResultQuery } from '#contracts/publisher.ts'
import { buildInfo } from '#lib/build-info.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { LocalPublisher } from '#providers/local/publisher.ts'
import { readPart } from '#providers/read-part.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { createServer } from '#server/create-server.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { partOf } from '../kit/part-of.ts'
import { relay } from '../kit/relay.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { seededBytes } from '../kit/seeded-bytes.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

const never = new AbortController().signal
/** Base64 of chance, so that the archive is larger than several pieces. */
const output = seededBytes(3 * resultPartBytes).toString('base64')

/** A local publisher that notes what is read of it. */
const localPublisher = async (): Promise<{ publisher: Publisher; asked: ResultQuery[] }> => {
  const directory = await mkdtemp(join(tmpdir(), 'bacalhau-kept-'))
  const settings = { address: 'loopback', port: 0, directory, retention: { ageMs: 0, sizeBytes: 0 } }
  const local = new LocalPublisher(settings, { clock: new SystemClock(), write: writeArchive, read: readPart })
  await local.start()
  started({
    stop: async () => {
      await local.stop()
      await rm(directory, { recursive: true })
    },
  })
  const asked: ResultQuery[] = []
  const publisher: Publisher = {
    type: local.type,
    isInstalled: () => local.isInstalled(),
    accepts: () => local.accepts(),
    publish: (request, signal) => local.publish(request, signal),
    readKept: (query) => {
      asked.push(query)
      return local.readKept(query)
    },
  }
  return { publisher, asked }
}

type Cluster = Awaited<ReturnType<typeof startOrchestrator>>

const joinEast = async (cluster: Cluster) => {
  const local = await localPublisher()
  const engine = new ScriptedEngine('noop', async ({ logs }) => {
    await logs.write(1, Buffer.from(output))
    return { exitCode: 0 }
  })
  const node = await joinCompute(cluster.port, 'east', { engines: [engine], publishers: [local.publisher] })
  await until('it is connected', async () =>
    (await cluster.nodes.list()).some(({ ConnectionState }) => ConnectionState.Status === 'CONNECTED'),
  )
  return { ...local, node }
}

const published = async ({ jobs }: Cluster): Promise<{ id: JobId; executionId: ExecutionId; url: string }> => {
  const spec = jobSpec()
  const id = await submitSpec(jobs, { Tasks: spec.Tasks.map((task) => ({ ...task, Publisher: { Type: 'local' } })) })
  expect((await endOf(jobs, id)).State.StateType).toBe('Completed')
  const [execution] = await jobs.executions(id)
  return { id, executionId: execution!.ID, url: String(execution!.PublishedResult?.Params?.['URL']) }
}

const serverOf = (jobs: JobsApi) =>
  createServer({
    nodeId: 'n-test',
    controlPlane: { agent: partOf<AgentApi>({ self: async () => ({ Info: { NodeID: 'n-1' } }) }), jobs },
    settings: { host: '127.0.0.1', port: 0 },
    version: buildInfo,
    clock: new SystemClock(),
    random: systemRandom,
    log: { isLevelEnabled: () => false, debug() {}, info() {}, warn() {}, error() {} },
  })

const bytesOf = async (pieces: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const got: Uint8Array[] = []
  for await (const piece of pieces) got.push(piece)
  return Buffer.concat(got)
}

describe('a result that its node keeps', () => {
  it('is read through the orchestrator, whole or from any offset, as its address gives it [R190, X5]', async () => {
    const cluster = started(await startOrchestrator())
    started((await joinEast(cluster)).node)
    const { id, executionId, url } = await published(cluster)
    const direct = Buffer.from(await (await fetch(url)).arrayBuffer())
    const kept = await cluster.jobs.keptResult(id, executionId)
    expect(kept.sizeBytes).toBe(direct.length)
    expect(direct.length).toBeGreaterThan(2 * resultPartBytes)
    expect((await bytesOf(kept.from(0, never))).equals(direct)).toBe(true)
    const offset = resultPartBytes + 17
    expect((await bytesOf(kept.from(offset, never))).equals(direct.subarray(offset))).toBe(true)
  })

  it('is asked for no faster than it is read, and no more once its reader has gone', async () => {
    const cluster = started(await startOrchestrator())
    const { node, asked } = await joinEast(cluster)
    started(node)
    const { id, executionId } = await published(cluster)
    const kept = await cluster.jobs.keptResult(id, executionId)
    const gone = new AbortController()
    const pieces = kept.from(0, gone.signal)[Symbol.asyncIterator]()
    const first = await pieces.next()
    expect(first.value?.length).toBe(resultPartBytes)
    expect(asked.map(({ offset, limitBytes }) => [offset, limitBytes])).toEqual([
      [0, 0],
      [0, resultPartBytes],
    ])
    gone.abort(new Error('gone'))
    await expect(pieces.next()).rejects.toThrow('gone')
    expect(asked.length).toBe(2)
  })

  it('is not there when the job has no such execution, the node lost it, or nothing was published', async () => {
    const cluster = started(await startOrchestrator())
    const { node, publisher } = await joinEast(cluster)
    started(node)
    const { id, executionId } = await published(cluster)
    const other = await published(cluster)
    await expect(cluster.jobs.keptResult(other.id, executionId)).rejects.toMatchObject({
      code: 'NotFound',
      message: `unable to find execution ${executionId} in job ${other.id}`,
    })
    const plain = await submitSpec(cluster.jobs)
    await endOf(cluster.jobs, plain)
    const [unpublished] = await cluster.jobs.executions(plain)
    await expect(cluster.jobs.keptResult(plain, unpublished!.ID)).rejects.toThrow('has published no result')
    publisher.readKept = async () => undefined
    await expect(cluster.jobs.keptResult(id, executionId)).rejects.toMatchObject({
      code: 'NotFound',
      message: `node east keeps no result of execution ${executionId}`,
      hint: expect.stringContaining('retention'),
    })
  })

  it('that changed while it was read is not put together from two', async () => {
    const cluster = started(await startOrchestrator())
    const { node, publisher } = await joinEast(cluster)
    started(node)
    const { id, executionId } = await published(cluster)
    const kept = await cluster.jobs.keptResult(id, executionId)
    const before = publisher.readKept!
    const pieces = kept.from(0, never)[Symbol.asyncIterator]()
    await pieces.next()
    publisher.readKept = async (query) => ({ ...(await before(query))!, tag: 'another' })
    await expect(pieces.next()).rejects.toMatchObject({ code: 'Conflict', isRetryable: true })
  })

  it('of a node that sends more than it was asked for is not believed', async () => {
    const cluster = started(await startOrchestrator())
    const { node, publisher } = await joinEast(cluster)
    started(node)
    const { id, executionId } = await published(cluster)
    publisher.readKept = async () => ({ bytes: Buffer.alloc(10), sizeBytes: 5, tag: 't' })
    await expect(cluster.jobs.keptResult(id, executionId)).rejects.toThrow('no piece of what was asked for')
    publisher.readKept = async () => ({ bytes: Buffer.alloc(0), sizeBytes: 5, tag: 't"\r\nSet-Cookie: x' })
    await expect(cluster.jobs.keptResult(id, executionId)).rejects.toThrow('no piece of what was asked for')
  })

  it('comes whole over HTTP though the connection breaks', async () => {
    const cluster = started(await startOrchestrator())
    const { node, asked } = await joinEast(cluster)
    started(node)
    const { id, executionId, url } = await published(cluster)
    const server = started(await serverOf(cluster.jobs))
    await server.start()
    const line = await relay(server.address.port)
    started({ stop: () => line.close() })
    const client = new Client({ url: `http://127.0.0.1:${line.port}`, pause: async () => line.mend() })
    const got: Uint8Array[] = []
    for await (const piece of (await client.jobs.keptResult(id, executionId, never)).chunks) {
      if (got.length === 0) line.cut()
      got.push(piece)
    }
    expect(Buffer.concat(got).equals(await bytesOf((await fetch(url)).body!))).toBe(true)
    expect(asked.filter(({ limitBytes }) => limitBytes === 0)).toHaveLength(2)
  })

  it('is let go when its reader hangs up', async () => {
    const cluster = started(await startOrchestrator())
    const { node, publisher, asked } = await joinEast(cluster)
    started(node)
    const { id, executionId } = await published(cluster)
    const pieces = 4_096
    publisher.readKept = async (query) => {
      asked.push(query)
      return { bytes: Buffer.alloc(query.limitBytes), sizeBytes: pieces * resultPartBytes, tag: 't' }
    }
    const over = Promise.withResolvers<void>()
    const watched = async (...given: Parameters<JobsApi['keptResult']>): Promise<KeptResult> => {
      const kept = await cluster.jobs.keptResult(...given)
      return {
        ...kept,
        async *from(...range) {
          try {
            yield* kept.from(...range)
          } finally {
            over.resolve()
          }
        },
      }
    }
    const jobs = partOf<JobsApi>({ resolve: async () => id, keptResult: watched })
    const server = started(await serverOf(jobs))
    await server.start()
    const client = new Client({ url: server.address.url })
    for await (const piece of (await client.jobs.keptResult(id, executionId, never)).chunks) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    await over.promise
    expect(asked.length).toBeLessThan(pieces)
  })

  it('of a node that is away is told so, with what to do', async () => {
    const cluster = started(await startOrchestrator())
    const { node } = await joinEast(cluster)
    const { id, executionId } = await published(cluster)
    const kept = await cluster.jobs.keptResult(id, executionId)
    await node.stop()
    const expected = {
      code: 'ServiceUnavailable',
      message: `node east, which keeps the result of ${executionId}, cannot be reached`,
      hint: expect.stringContaining('node describe east'),
      isRetryable: true,
    }
    await expect(cluster.jobs.keptResult(id, executionId)).rejects.toMatchObject(expected)
    await expect(bytesOf(kept.from(0, never))).rejects.toMatchObject(expected)
  })
})
