import { hash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChunkSource } from '#contracts/chunks.ts'
import { largestChunkBytes } from '#lib/cut-chunks.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import { OfferedArchive } from '#providers/link/offered-archive.ts'
import { ResultFiles } from '#providers/link/result-files.ts'
import { readPart } from '#providers/read-part.ts'
import { seededBytes } from '../kit/seeded-bytes.ts'
import { overwrite } from '../kit/write-files.ts'

const never = new AbortController().signal

describe('results that the orchestrator keeps', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-taken-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const executionId = 'e-1' as ExecutionId
  const taken = () => join(root, 'taken')
  const results = () => new ResultFiles({ directory: taken(), read: readPart })

  /** What a node offers with this content, and which chunks it was asked for. */
  const offering = async (content: Uint8Array) => {
    writeFileSync(join(root, 'offered'), content)
    const archive = await OfferedArchive.of(join(root, 'offered'), readPart, never)
    const offer: ResultOffer = {
      ExecutionID: executionId,
      SizeBytes: archive.sizeBytes,
      ChunkListID: archive.id,
    }
    const asked = { bytes: 0, lists: 0, chunks: new Set<string>() }
    const read: ChunkSource['read'] = async (query) => {
      if (query.chunk) asked.chunks.add(query.chunk)
      else asked.lists++
      asked.bytes += query.chunk ? query.limitBytes : 0
      const part = await archive.piece(query)
      if (!part) throw new Fault('NotFound', 'no such chunk')
      return part
    }
    return { offer, source: { id: archive.id, what: 'the result', read }, asked }
  }
  const keptBytes = async () => (await results().read({ executionId, offset: 0, limitBytes: 1e9 }))?.bytes

  it('are kept under the name of their execution, with nothing besides, until they are removed', async () => {
    const content = Buffer.from('content of a result')
    const { offer, source } = await offering(content)
    expect(await results().holds(offer)).toBe(false)
    await results().bring(offer, source, never)
    expect(await results().holds(offer)).toBe(true)
    expect(await results().holds({ ...offer, ChunkListID: '0'.repeat(64) })).toBe(false)
    const part = await results().read({ executionId, offset: 8, limitBytes: 2 })
    expect(Buffer.from(part?.bytes ?? []).toString()).toBe('of')
    expect(await results().list()).toEqual([{ executionId, writtenMs: expect.any(Number), sizeBytes: 19 }])
    await results().remove(executionId)
    expect(readdirSync(taken())).toEqual([])
  })

  it('stay until the last who reads them lets go', async () => {
    const { offer, source } = await offering(Buffer.from('content of a result'))
    const files = results()
    await files.bring(offer, source, never)
    const readers = [files.hold(executionId), files.hold(executionId)]
    for (const letGo of readers) {
      expect(await files.remove(executionId)).toBe(false)
      expect(await files.holds(offer)).toBe(true)
      letGo()
    }
    expect(await files.remove(executionId)).toBe(true)
    expect(readdirSync(taken())).toEqual([])
  })

  it('come over a line that breaks, and after the end of the orchestrator, without the chunks that had come [F4]', async () => {
    const content = seededBytes(12_000_000)
    const { offer, source, asked } = await offering(content)
    let pieces = 0
    const breaking: ChunkSource['read'] = async (query) => {
      const part = await source.read(query)
      if (++pieces % 10 === 0) throw new Fault('ServiceUnavailable', 'cut', { isRetryable: true })
      return part
    }
    const life = results()
    for (let times = 0; times < 5; times++) {
      const broken = life.bring(offer, { ...source, read: breaking }, never)
      await expect(broken).rejects.toMatchObject({ message: 'cut', isRetryable: true })
    }
    const came = await life.receivedBytes(offer)
    expect(came).toBeGreaterThan(3_000_000)
    expect(asked).toMatchObject({ lists: 1 })
    // What was under way at each break, four pieces, comes again.
    expect(asked.bytes).toBeLessThanOrEqual(came + 5 * 4 * 128 * 1024)
    asked.bytes = 0
    await results().bring(offer, source, never)
    expect(asked.bytes).toBeLessThan(content.length - came + largestChunkBytes)
    expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
    expect(readdirSync(taken()).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('come though their chunk list breaks again and again: it goes on where it was', async () => {
    const { offer, source } = await offering(seededBytes(12_000_000))
    const offsets: number[] = []
    const breaking: ChunkSource['read'] = async (query) => {
      if (query.chunk) return source.read(query)
      offsets.push(query.offset)
      if (offsets.length % 2 === 0) throw new Fault('ServiceUnavailable', 'cut', { isRetryable: true })
      return source.read({ ...query, limitBytes: 300 })
    }
    const life = results()
    let breaks = 0
    const bring = (): Promise<void> =>
      life.bring(offer, { ...source, read: breaking }, never).catch((error: Error) => {
        if (error.message !== 'cut' || ++breaks > 20) throw error
        return bring()
      })
    await bring()
    expect(breaks).toBeGreaterThan(1)
    expect(offsets).toHaveLength(new Set(offsets).size + breaks)
    expect(await results().holds(offer)).toBe(true)
  })

  it('are asked only for the chunks that a crash of the machine lost from the midst of them', async () => {
    const content = seededBytes(12_000_000)
    const { offer, source, asked } = await offering(content)
    const part = join(taken(), `${executionId}.${offer.ChunkListID}.part`)
    mkdirSync(taken())
    writeFileSync(part, content.subarray(0, -1))
    overwrite(part, 5_000_000, 'lost')
    await results().bring(offer, source, never)
    expect(asked.chunks.size).toBe(2)
    expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
  })

  it('bring equal chunks once', async () => {
    const content = Buffer.alloc(5 * largestChunkBytes)
    const { offer, source, asked } = await offering(content)
    await results().bring(offer, source, never)
    expect(asked.bytes).toBeLessThanOrEqual(2 * largestChunkBytes)
    expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
  })

  it('come in smaller pieces where the bus carries no larger ones', async () => {
    const content = seededBytes(1_000_000)
    const { offer, source, asked } = await offering(content)
    const read: ChunkSource['read'] = (query) =>
      source.read({ ...query, limitBytes: Math.min(query.limitBytes, 16_000) })
    await results().bring(offer, { ...source, read }, never)
    expect(asked.bytes).toBeLessThan(1_100_000)
    expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
  })

  describe('of which a chunk comes as something else', () => {
    /** Which turns the first of its pieces into something else so often. */
    const damaging = async (times: number) => {
      const content = seededBytes(9_000_000)
      const { offer, source, asked } = await offering(content)
      let damaged: string | undefined
      let left = times
      const read: ChunkSource['read'] = async (query) => {
        const part = await source.read(query)
        if (query.chunk) damaged ??= query.chunk
        const isDamaged = query.chunk === damaged && query.chunk !== undefined && query.offset === 0 && left-- > 0
        return isDamaged ? { ...part, bytes: Buffer.alloc(part.bytes.length) } : part
      }
      return { content, offer, source: { ...source, read }, asked }
    }

    it('ask for that one again, alone', async () => {
      const { content, offer, source, asked } = await damaging(2)
      await results().bring(offer, source, never)
      expect(asked.bytes).toBeGreaterThan(content.length)
      expect(asked.bytes).toBeLessThanOrEqual(content.length + 2 * largestChunkBytes)
      expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
    })

    it('say so when it does three times, and go on with it when it is offered again', async () => {
      const { content, offer, source, asked } = await damaging(3)
      const life = results()
      await expect(life.bring(offer, source, never)).rejects.toMatchObject({
        code: 'ServiceUnavailable',
        message: expect.stringContaining('came 3 times as something else'),
        hint: 'The disk that it lies on may be damaged.',
        isRetryable: false,
      })
      expect(await keptBytes()).toBeUndefined()
      asked.chunks.clear()
      await life.bring(offer, source, never)
      expect(asked.chunks.size).toBe(1)
      expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
    })
  })

  it('are never asked for by a list that is not what was offered', async () => {
    const { offer, source, asked } = await offering(Buffer.from('content'))
    const listing = (text: string) => ({
      ...source,
      id: hash('sha256', text),
      read: async () => ({ bytes: Buffer.from(text), sizeBytes: text.length, tag: 't' }),
    })
    const Chunks = (SizeBytes: number) => JSON.stringify({ Form: 'file', Chunks: [{ SHA256: source.id, SizeBytes }] })
    const bring = (from: ChunkSource) => results().bring(offer, from, never)
    await expect(bring({ ...source, id: '0'.repeat(64) })).rejects.toThrow('is not what')
    await expect(bring(listing(Chunks(8)))).rejects.toThrow('have not the 7 bytes')
    await expect(bring(listing(Chunks(7).padEnd(1_000)))).rejects.toMatchObject({ code: 'PayloadTooLarge' })
    await expect(bring(listing('{}'))).rejects.toThrow('no list of chunks')
    expect(asked.chunks.size).toBe(0)
    expect(existsSync(taken())).toBe(false)
  })

  it('never lie outside of their folder', async () => {
    writeFileSync(join(root, 'secret.tar.gz'), 'secret')
    const { offer, source } = await offering(Buffer.from('content'))
    const other = '../secret' as ExecutionId
    const bring = (change: Partial<ResultOffer>) => results().bring({ ...offer, ...change }, source, never)
    await expect(bring({ ExecutionID: other })).rejects.toThrow('not an execution id')
    await expect(bring({ ChunkListID: '../../x' })).rejects.toThrow('not one of SHA-256')
    const read = results().read({ executionId: other, offset: 0, limitBytes: 9 })
    await expect(read).rejects.toThrow('not an execution id')
    await expect(results().remove(other)).rejects.toThrow('not an execution id')
    expect(readFileSync(join(root, 'secret.tar.gz'), 'utf8')).toBe('secret')
  })
})
