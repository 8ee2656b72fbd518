import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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
import { LinkPublisher } from '#providers/link/publisher.ts'
import { ResultFiles } from '#providers/link/result-files.ts'
import { readPart } from '#providers/read-part.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { publishRequest } from '../kit/publish-request.ts'
import { seededBytes } from '../kit/seeded-bytes.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'
import { overwrite } from '../kit/write-files.ts'
import { publisherSuite } from './publisher.suite.ts'

const never = new AbortController().signal
const parts = {
  clock: new SystemClock(),
  write: writeArchive,
  read: readPart,
  readUpload: () => Promise.reject(new Fault('NotFound', 'nothing is kept')),
  unpackResult: async () => {},
}

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

  it('come soon after there is room for them: at most a third later than that took, or half a minute', async () => {
    for (const fullMs of [300, 5_000, 60_000, 600_000]) {
      let nowMs = 0
      const sleep = async (ms: number) => void (nowMs += ms)
      const full = new Fault('StorageFull', 'the orchestrator has no room', { isRetryable: true })
      const offer = async () => (nowMs < fullMs ? Promise.reject(full) : { IsTaken: true })
      const clock = Object.assign(new SystemClock(), { sleep, monotonicMs: () => nowMs })
      const publisher = new LinkPublisher(settingsIn(root), { ...parts, clock, offer })
      await publisher.start()
      await publisher.publish(request(), never)
      expect(nowMs - fullMs).toBeLessThanOrEqual(Math.min(30_000, fullMs / 3 + 50))
    }
  })

  it('say once why they wait when there is no room for them', async () => {
    const full = (message: string) => new Fault('StorageFull', message, { hint: 'Make some.', isRetryable: true })
    const cut = new Fault('ServiceUnavailable', 'cut', { isRetryable: true })
    const answers = [full('no room'), full('no room'), cut, full('a full disk')]
    const offer = async () => {
      const fault = answers.shift()
      return fault ? Promise.reject(fault) : { IsTaken: true }
    }
    const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
    const publisher = new LinkPublisher(settingsIn(root), { ...parts, clock, offer })
    await publisher.start()
    const told: string[] = []
    await publisher.publish({ ...request(), onWait: (why) => told.push(why) }, never)
    expect(told).toEqual(['no room (Make some.)', 'a full disk (Make some.)'])
  })

  it('are offered again at once when the orchestrator can be reached again, however long it was away', async () => {
    const clock = new StepClock()
    const away = new Fault('ServiceUnavailable', 'the node is not connected', { isRetryable: true })
    const reached: (() => void)[] = []
    let offers = 0
    let failsLeft = 31
    const publisher = new LinkPublisher(settingsIn(root), {
      ...parts,
      clock,
      onReachable: (handler) => {
        reached.push(handler)
        return { stop: () => {} }
      },
      offer: async () => {
        offers++
        if (failsLeft-- > 0) throw away
        return { IsTaken: true }
      },
    })
    await publisher.start()
    const done = publisher.publish(request(), never)
    for (let n = 1; n <= 30; n++) {
      await until('it waits', () => offers === n && reached.length === n)
      if (n < 30) clock.goTo(clock.nowAtMs + 30_000)
    }
    const backAtMs = clock.nowAtMs
    reached.at(-1)?.()
    await until('it is offered, before the orchestrator knows the node again', () => reached.length === 31)
    clock.goTo(backAtMs + 50)
    expect(await done).toMatchObject({ Type: 'link' })
  })

  it('fail for good when nobody wants them', async () => {
    const offer = () => Promise.reject(new Fault('Conflict', 'nobody waits for it'))
    const publisher = new LinkPublisher(settingsIn(root), { ...parts, offer })
    await publisher.start()
    await expect(publisher.publish(request(), never)).rejects.toThrow('nobody waits for it')
    expect(readdirSync(join(root, 'offered'))).toEqual([])
  })

  it('wait for an orchestrator that does not understand how they are offered, and say what helps', async () => {
    const offer = () => Promise.reject(new Fault('BadRequest', 'the digest is not one of SHA-256'))
    const publisher = new LinkPublisher(settingsIn(root), { ...parts, offer })
    await publisher.start()
    await expect(publisher.publish(request(), never)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^the orchestrator may be of an earlier release than its node: .*not one of SHA-256/,
      ),
      hint: expect.stringContaining('orchestrators are upgraded first'),
      details: { FailureClass: 'transient' },
    })
  })

  it('that were damaged on the disk of their node are packed again, and only what was damaged comes again', async () => {
    const taken = takenIn(root)
    let askedBytes = 0
    let damage = true
    const publisher = new LinkPublisher(settingsIn(root), {
      ...parts,
      offer: async (offered) => {
        const path = join(root, 'offered', `${offered.ExecutionID}.tar.gz`)
        if (damage) overwrite(path, offered.SizeBytes - 1_000, 'damaged')
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
    const asked = request(seededBytes(9_000_000))
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
