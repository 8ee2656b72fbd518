import { describe, expect, it } from 'vitest'
import type { ChunkList } from '#models/chunk-list.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { Uploads } from './uploads.ts'

const id = 'a'.repeat(64)
const list = { Form: 'file', IsExecutable: false, Chunks: [{ SHA256: id, SizeBytes: 9 }] } satisfies ChunkList
const job = (Params: Record<string, unknown>, Namespace = 'own') =>
  partOf<Job>({
    ID: 'j-1',
    Namespace,
    Tasks: [{ InputSources: [{ Source: { Type: 'Upload', Params }, Target: '/in' }] }],
  })

/** Upload `id` of 9 bytes is in namespace `own`; job `j-1` reads it since version 1, and node `n-1` has executions of both versions. */
function rig({ maxBytes = 100, hasRoom = true, missing = [id] } = {}) {
  const used: unknown[] = []
  let listed = 0
  const uploads = new Uploads({
    maxBytes,
    hasRoomFor: async () => hasRoom,
    store: partOf({
      liveExecutions: async (nodeId: NodeId) =>
        nodeId === 'n-1' ? [0, 1].map((JobVersion) => ({ JobID: 'j-1', JobVersion })) : [],
      jobVersion: async (_: JobId, version: number) => job({ ID: version === 1 ? id : 'c'.repeat(64), SizeBytes: 9 }),
    }),
    files: partOf({
      begin: async () => {
        listed++
        return { id, missing }
      },
      sizeBytes: async (namespace: string, asked: string) => (namespace === 'own' && asked === id ? 9 : undefined),
      use: async (...use: unknown[]) => used.push(use) > 0,
      read: async () => ({ bytes: Buffer.from('content'), sizeBytes: 9, tag: 't' }),
    }),
  })
  return { uploads, used, listed: () => listed }
}

describe('an upload', () => {
  it('is begun within the limits of the operator [L7]', async () => {
    const { uploads, listed } = rig()
    expect(await uploads.begin('own', list)).toEqual({ id, missing: [id] })
    expect(listed(), 'chunks are looked for once').toBe(1)
    await expect(rig({ maxBytes: 8 }).uploads.begin('own', list)).rejects.toMatchObject({
      code: 'PayloadTooLarge',
      hint: expect.stringContaining('Orchestrator.MaxUploadSize'),
    })
    await expect(rig({ hasRoom: false }).uploads.begin('own', list)).rejects.toMatchObject({ code: 'StorageFull' })
  })

  it('that is here needs no more room: it is begun again once all of it has come [L7]', async () => {
    const full = rig({ hasRoom: false, missing: [] })
    expect(await full.uploads.begin('own', list)).toEqual({ id, missing: [] })
  })

  it('is noted for a job of its namespace that names it; a job without any waits for nothing', async () => {
    const { uploads, used } = rig()
    await uploads.claim(job({ ID: id, SizeBytes: 9 }))
    expect(used).toEqual([['own', id, 'j-1']])
    expect(uploads.claim(partOf({ Tasks: [{ InputSources: [] }] }))).toBeUndefined()
  })

  it.each([
    ['of another namespace', job({ ID: id, SizeBytes: 9 }, 'others'), 'Conflict'],
    ['that is not there', job({ ID: 'b'.repeat(64), SizeBytes: 9 }), 'Conflict'],
    ['of another size', job({ ID: id, SizeBytes: 8 }), 'BadRequest'],
    ['that was never sent', job({ Path: './data' }), 'BadRequest'],
  ])('%s refuses the job that names it', async (_, named, code) => {
    const { uploads, used } = rig()
    await expect(uploads.claim(named)).rejects.toMatchObject({ code })
    expect(used).toEqual([])
  })

  it('may be what an execution of the node is to publish of an earlier one; others have no part in that', async () => {
    const kept = { Type: 'link', Params: { ExecutionID: 'e-1', ChunkListID: 'd'.repeat(64) } }
    const asked: unknown[] = []
    const uploads = new Uploads({
      maxBytes: 100,
      hasRoomFor: async () => true,
      store: partOf({
        liveExecutions: async (nodeId: NodeId) => (nodeId === 'n-1' ? [{ JobID: 'j-1', KeptResult: kept }] : []),
        jobVersion: async () => undefined,
      }),
      files: undefined,
      results: {
        readChunk: async (query) => {
          asked.push(query)
          return { bytes: Buffer.from('kept'), sizeBytes: 4, tag: 't' }
        },
      },
    })
    const query = { jobId: 'j-1' as JobId, uploadId: 'd'.repeat(64), offset: 0, limitBytes: 9 }
    expect((await uploads.read('n-1' as NodeId, query)).sizeBytes).toBe(4)
    expect(asked).toEqual([{ executionId: 'e-1', chunkListId: 'd'.repeat(64), offset: 0, limitBytes: 9 }])
    for (const [node, other] of [
      ['n-2', {}],
      ['n-1', { jobId: 'j-2' }],
      ['n-1', { uploadId: 'e'.repeat(64) }],
    ] as const) {
      const refused = uploads.read(node as NodeId, { ...query, ...(other as object) })
      await expect(refused).rejects.toMatchObject({ code: 'NotFound' })
    }
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['n-1', { jobId: 'j-1', uploadId: id }, true],
    ['n-2', { jobId: 'j-1', uploadId: id }, false],
    ['n-1', { jobId: 'j-2', uploadId: id }, false],
    ['n-1', { jobId: 'j-1', uploadId: 'b'.repeat(64) }, false],
  ])('is read by a node with an execution of a job that names it, and by no other: %s %o', async (node, named, may) => {
    const asked = rig().uploads.read(node as NodeId, partOf({ ...named, offset: 0, limitBytes: 9 }))
    if (may) expect((await asked).sizeBytes).toBe(9)
    else await expect(asked).rejects.toMatchObject({ code: 'NotFound' })
  })
})
