import { execFileSync } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChunkSource } from '#contracts/chunks.ts'
import type { OfferResult } from '#contracts/publisher.ts'
import { largestChunkBytes } from '#lib/cut-chunks.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import { SystemClock } from '#platform/clock.ts'
import { OfferedArchive } from '#providers/link/offered-archive.ts'
import { LinkPublisher } from '#providers/link/publisher.ts'
import { ResultFiles } from '#providers/link/result-files.ts'
import { readPart } from '#providers/read-part.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { publishRequest } from '../kit/publish-request.ts'
import { publisherSuite } from './publisher.suite.ts'

const never = new AbortController().signal
const parts = { clock: new SystemClock(), write: writeArchive, read: readPart }

const settingsIn = (root: string) => ({ directory: join(root, 'offered'), comingDirectory: join(root, 'coming') })
const takenIn = (root: string) => new ResultFiles({ directory: join(root, 'taken'), read: readPart })

/** As an orchestrator reads what this publisher offers. */
const sourceOf = (publisher: LinkPublisher, { ExecutionID, ChunkListID }: ResultOffer): ChunkSource => ({
  id: ChunkListID,
  what: 'the result',
  read: async (query) => {
    const part = await publisher.readOffered({ executionId: ExecutionID, chunkListId: ChunkListID, ...query })
    if (!part) throw new Fault('NotFound', 'it is not offered')
    return part
  },
})

/** A publisher with an orchestrator that takes all it is offered. */
function linkRig(root: string) {
  const taken = takenIn(root)
  const publisher = new LinkPublisher(settingsIn(root), {
    ...parts,
    offer: async (offered) => {
      await taken.bring(offered, sourceOf(publisher, offered), never)
      return { IsTaken: true }
    },
  })
  return { publisher, taken }
}

publisherSuite('link', async () => {
  const root = mkdtempSync(join(tmpdir(), 'bacalhau-link-'))
  const { publisher, taken } = linkRig(root)
  await publisher.start()
  return {
    publisher,
    spec: { Type: 'link' },
    fetch: async (published, into) => {
      const executionId = published.Params?.['ExecutionID'] as ExecutionId
      const whole = await taken.read({ executionId, offset: 0, limitBytes: 1e9 })
      execFileSync('tar', ['-xzf', '-', '-C', into], { input: whole?.bytes })
    },
    stored: async () => readdirSync(join(root, 'offered')),
    close: async () => rmSync(root, { recursive: true }),
  }
})

describe('results over the link', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-link-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const request = (stdout: string | Uint8Array = 'hello\n') => {
    const resultDirectory = mkdtempSync(join(root, 'result-'))
    writeFileSync(join(resultDirectory, 'stdout'), stdout)
    return publishRequest({ Type: 'link' }, resultDirectory)
  }

  it('are offered again until the orchestrator has them, and are gone from the node then [F4]', async () => {
    const answers = [
      () => Promise.reject(new Fault('ServiceUnavailable', 'cut', { isRetryable: true })),
      async () => ({ IsTaken: false }),
    ]
    const offer: OfferResult = (offered) => (answers.shift() ?? (async () => ({ IsTaken: offered.SizeBytes > 0 })))()
    const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
    const publisher = new LinkPublisher(settingsIn(root), { ...parts, clock, offer })
    await publisher.start()
    const asked = request()
    expect(await publisher.publish(asked, never)).toMatchObject({ Type: 'link', Params: { JobID: asked.jobId } })
    expect(answers).toEqual([])
    expect(readdirSync(join(root, 'offered'))).toEqual([])
  })

  it('go on as they were packed when their node was killed or stopped meanwhile [F4]', async () => {
    const offers: ResultOffer[] = []
    const asked = request()
    const life = async (offer: OfferResult, signal = never) => {
      const publisher = new LinkPublisher(settingsIn(root), { ...parts, offer: (each) => offer(each) })
      await publisher.start()
      expect(await publisher.isPacked(asked.executionId)).toBe(offers.length > 0)
      const done = publisher.publish(asked, signal)
      return { done, publisher }
    }
    const stop = new AbortController()
    const first = await life(async (offered) => {
      offers.push(offered)
      stop.abort('leaving')
      return { IsTaken: false }
    }, stop.signal)
    await expect(first.done).rejects.toBe('leaving')
    writeFileSync(join(asked.resultDirectory, 'stdout'), 'hello\n')
    const second = await life(async (offered) => {
      offers.push(offered)
      return { IsTaken: true }
    })
    await second.done
    expect(offers[1]).toEqual(offers[0])
    expect(await second.publisher.isPacked(asked.executionId)).toBe(false)
  })

  it('fail for good when nobody wants them', async () => {
    const offer = () => Promise.reject(new Fault('Conflict', 'nobody waits for it'))
    const publisher = new LinkPublisher(settingsIn(root), { ...parts, offer })
    await publisher.start()
    await expect(publisher.publish(request(), never)).rejects.toThrow('nobody waits for it')
    expect(readdirSync(join(root, 'offered'))).toEqual([])
  })

  it('that were damaged on the disk of their node are packed again, and only what was damaged comes again', async () => {
    const taken = takenIn(root)
    let askedBytes = 0
    let damage = true
    const publisher = new LinkPublisher(settingsIn(root), {
      ...parts,
      offer: async (offered) => {
        const path = join(root, 'offered', `${offered.ExecutionID}.tar.gz`)
        if (damage) writeAt(path, offered.SizeBytes - 1_000, 'damaged')
        damage = false
        const source = sourceOf(publisher, offered)
        const read: ChunkSource['read'] = (query) => {
          askedBytes += query.chunk ? query.limitBytes : 0
          return source.read(query)
        }
        await taken.bring(offered, { ...source, read }, never)
        return { IsTaken: true }
      },
    })
    await publisher.start()
    const asked = request(randomBytes(9_000_000))
    await expect(publisher.publish(asked, never)).rejects.toMatchObject({
      message: expect.stringMatching(/chunk [0-9a-f]{64} of the result came 3 times as something else/),
      details: { FailureClass: 'transient' },
    })
    const firstBytes = askedBytes
    expect(firstBytes).toBeGreaterThan(9_000_000)
    const { Params } = await publisher.publish(asked, never)
    expect(askedBytes - firstBytes).toBeLessThanOrEqual(largestChunkBytes)
    const kept = await taken.read({ executionId: asked.executionId, offset: 0, limitBytes: 1e9 })
    expect(hash('sha256', kept?.bytes ?? '')).toBe(Params?.['SHA256'])
  })
})

describe('results that the orchestrator keeps', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-taken-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const executionId = 'e-1' as ExecutionId
  const taken = () => join(root, 'taken')

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
  const keptBytes = async () => (await takenIn(root).read({ executionId, offset: 0, limitBytes: 1e9 }))?.bytes

  it('are kept under the name of their execution, with nothing besides, until they are removed', async () => {
    const content = Buffer.from('content of a result')
    const { offer, source } = await offering(content)
    expect(await takenIn(root).holds(offer)).toBe(false)
    await takenIn(root).bring(offer, source, never)
    expect(await takenIn(root).holds(offer)).toBe(true)
    expect(await takenIn(root).holds({ ...offer, ChunkListID: '0'.repeat(64) })).toBe(false)
    const part = await takenIn(root).read({ executionId, offset: 8, limitBytes: 2 })
    expect(Buffer.from(part?.bytes ?? []).toString()).toBe('of')
    expect(await takenIn(root).list()).toEqual([{ executionId, writtenMs: expect.any(Number), sizeBytes: 19 }])
    await takenIn(root).remove(executionId)
    expect(readdirSync(taken())).toEqual([])
  })

  it('come over a line that breaks, and after the end of the orchestrator, without the chunks that had come [F4]', async () => {
    const content = randomBytes(12_000_000)
    const { offer, source, asked } = await offering(content)
    let pieces = 0
    const breaking: ChunkSource['read'] = async (query) => {
      const part = await source.read(query)
      if (++pieces % 10 === 0) throw new Fault('ServiceUnavailable', 'cut', { isRetryable: true })
      return part
    }
    const life = takenIn(root)
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
    await takenIn(root).bring(offer, source, never)
    expect(asked.bytes).toBeLessThan(content.length - came + largestChunkBytes)
    expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
    expect(readdirSync(taken()).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('are asked only for the chunks that a crash of the machine lost from the midst of them', async () => {
    const content = randomBytes(12_000_000)
    const { offer, source, asked } = await offering(content)
    const part = join(taken(), `${executionId}.${offer.ChunkListID}.part`)
    mkdirSync(taken())
    writeFileSync(part, content.subarray(0, -1))
    writeAt(part, 5_000_000, 'lost')
    await takenIn(root).bring(offer, source, never)
    expect(asked.chunks.size).toBe(2)
    expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
  })

  it('bring equal chunks once', async () => {
    const content = Buffer.alloc(5 * largestChunkBytes)
    const { offer, source, asked } = await offering(content)
    await takenIn(root).bring(offer, source, never)
    expect(asked.bytes).toBeLessThanOrEqual(2 * largestChunkBytes)
    expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
  })

  it('come in smaller pieces where the bus carries no larger ones', async () => {
    const content = randomBytes(1_000_000)
    const { offer, source, asked } = await offering(content)
    const read: ChunkSource['read'] = (query) =>
      source.read({ ...query, limitBytes: Math.min(query.limitBytes, 16_000) })
    await takenIn(root).bring(offer, { ...source, read }, never)
    expect(asked.bytes).toBeLessThan(1_100_000)
    expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
  })

  describe('of which a chunk comes as something else', () => {
    /** Which turns the first of its pieces into something else so often. */
    const damaging = async (times: number) => {
      const content = randomBytes(9_000_000)
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
      await takenIn(root).bring(offer, source, never)
      expect(asked.bytes).toBeGreaterThan(content.length)
      expect(asked.bytes).toBeLessThanOrEqual(content.length + 2 * largestChunkBytes)
      expect(content.equals((await keptBytes()) ?? Buffer.alloc(0))).toBe(true)
    })

    it('say so when it does three times, and go on with it when it is offered again', async () => {
      const { content, offer, source, asked } = await damaging(3)
      const results = takenIn(root)
      await expect(results.bring(offer, source, never)).rejects.toMatchObject({
        code: 'ServiceUnavailable',
        message: expect.stringContaining('came 3 times as something else'),
        hint: 'The disk that it lies on may be damaged.',
        isRetryable: false,
      })
      expect(await keptBytes()).toBeUndefined()
      asked.chunks.clear()
      await results.bring(offer, source, never)
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
    const bring = (from: ChunkSource) => takenIn(root).bring(offer, from, never)
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
    const bring = (change: Partial<ResultOffer>) => takenIn(root).bring({ ...offer, ...change }, source, never)
    await expect(bring({ ExecutionID: other })).rejects.toThrow('not an execution id')
    await expect(bring({ ChunkListID: '../../x' })).rejects.toThrow('not one of SHA-256')
    const read = takenIn(root).read({ executionId: other, offset: 0, limitBytes: 9 })
    await expect(read).rejects.toThrow('not an execution id')
    await expect(takenIn(root).remove(other)).rejects.toThrow('not an execution id')
    expect(readFileSync(join(root, 'secret.tar.gz'), 'utf8')).toBe('secret')
  })
})

function writeAt(path: string, position: number, text: string): void {
  const file = openSync(path, 'r+')
  writeSync(file, text, position)
  closeSync(file)
}
