import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OfferResult } from '#contracts/publisher.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import { SystemClock } from '#platform/clock.ts'
import { LinkPublisher } from '#providers/link/publisher.ts'
import { ResultFiles } from '#providers/link/result-files.ts'
import { readPart } from '#providers/read-part.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { publishRequest } from '../kit/publish-request.ts'
import { publisherSuite } from './publisher.suite.ts'

const never = new AbortController().signal
const parts = { clock: new SystemClock(), write: writeArchive, read: readPart }

/** A publisher with an orchestrator that takes all it is offered, one piece of `pieceBytes` after the other. */
function linkRig(root: string, pieceBytes = 100_000) {
  const taken = new ResultFiles({ directory: join(root, 'taken'), read: readPart })
  const offers: ResultOffer[] = []
  const offer: OfferResult = async (offered) => {
    offers.push(offered)
    for (;;) {
      const offset = await taken.receivedBytes(offered)
      if (offset >= offered.SizeBytes) break
      const part = await publisher.readKept({ executionId: offered.ExecutionID, offset, limitBytes: pieceBytes })
      await taken.append(offered, part?.bytes ?? Buffer.alloc(0))
    }
    await taken.finish(offered)
    return { IsTaken: true, ReceivedBytes: offered.SizeBytes }
  }
  const publisher = new LinkPublisher(
    { directory: join(root, 'offered'), comingDirectory: join(root, 'coming') },
    { ...parts, offer: (each) => offer(each) },
  )
  return { publisher, taken, offers, offer }
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

  const request = () => {
    const resultDirectory = mkdtempSync(join(root, 'result-'))
    writeFileSync(join(resultDirectory, 'stdout'), 'hello\n')
    return publishRequest({ Type: 'link' }, resultDirectory)
  }

  it('are offered again until the orchestrator has them, and are gone from the node then [F4]', async () => {
    const rig = linkRig(root)
    const answers = [
      () => Promise.reject(new Fault('ServiceUnavailable', 'cut', { isRetryable: true })),
      async () => ({ IsTaken: false, ReceivedBytes: 3 }),
    ]
    const offer: OfferResult = (offered) => (answers.shift() ?? (() => rig.offer(offered)))()
    const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
    const publisher = new LinkPublisher(
      { directory: join(root, 'offered'), comingDirectory: join(root, 'coming') },
      { ...parts, clock, offer },
    )
    await publisher.start()
    rig.publisher.readKept = (query) => publisher.readKept(query)
    const asked = request()
    expect(await publisher.publish(asked, never)).toMatchObject({ Type: 'link', Params: { JobID: asked.jobId } })
    expect(readdirSync(join(root, 'offered'))).toEqual([])
  })

  it('go on as they were packed when their node was killed or stopped meanwhile [F4]', async () => {
    const offers: ResultOffer[] = []
    const asked = request()
    const life = async (offer: OfferResult, signal = never) => {
      const settings = { directory: join(root, 'offered'), comingDirectory: join(root, 'coming') }
      const publisher = new LinkPublisher(settings, { ...parts, offer: (each) => offer(each) })
      await publisher.start()
      expect(await publisher.isPacked(asked.executionId)).toBe(offers.length > 0)
      const done = publisher.publish(asked, signal)
      return { done, publisher }
    }
    const stop = new AbortController()
    const first = await life(async (offered) => {
      offers.push(offered)
      stop.abort('leaving')
      return { IsTaken: false, ReceivedBytes: 1 }
    }, stop.signal)
    await expect(first.done).rejects.toBe('leaving')
    writeFileSync(join(asked.resultDirectory, 'stdout'), 'hello\n')
    const second = await life(async (offered) => {
      offers.push(offered)
      return { IsTaken: true, ReceivedBytes: offered.SizeBytes }
    })
    await second.done
    expect(offers[1]).toEqual(offers[0])
    expect(await second.publisher.isPacked(asked.executionId)).toBe(false)
  })

  it('fail for good when nobody wants them', async () => {
    const offer = () => Promise.reject(new Fault('Conflict', 'nobody waits for it'))
    const publisher = new LinkPublisher(
      { directory: join(root, 'offered'), comingDirectory: join(root, 'coming') },
      { ...parts, offer },
    )
    await publisher.start()
    await expect(publisher.publish(request(), never)).rejects.toThrow('nobody waits for it')
    expect(readdirSync(join(root, 'offered'))).toEqual([])
  })

  describe('that the orchestrator keeps', () => {
    const content = Buffer.from('content of a result')
    const offered = (change: Partial<ResultOffer> = {}): ResultOffer => ({
      ExecutionID: 'e-1' as ExecutionId,
      SizeBytes: content.length,
      SHA256: '3fb4ebf5a5e7db8ec3a2efa9ea02a0e0ba0fa5ee0c2f0ab8b8d7ba8f4b4b9fc1',
      ...change,
    })
    const files = () => new ResultFiles({ directory: join(root, 'taken'), read: readPart })

    it('go on where they were after a restart, and are whole or not there', async () => {
      const { createHash } = await import('node:crypto')
      const offer = offered({ SHA256: createHash('sha256').update(content).digest('hex') })
      await files().append(offer, content.subarray(0, 5))
      expect(await files().receivedBytes(offer)).toBe(5)
      expect(await files().holds(offer)).toBe(false)
      await files().append(offer, content.subarray(5))
      await files().finish(offer)
      expect(await files().holds(offer)).toBe(true)
      const part = await files().read({ executionId: offer.ExecutionID, offset: 8, limitBytes: 2 })
      expect(Buffer.from(part?.bytes ?? []).toString()).toBe('of')
      expect(await files().list()).toEqual([{ executionId: 'e-1', writtenMs: expect.any(Number), sizeBytes: 19 }])
      await files().remove(offer.ExecutionID)
      expect(readdirSync(join(root, 'taken'))).toEqual([])
    })

    it('are forgotten when they are not what was offered', async () => {
      await files().append(offered(), content)
      await expect(files().finish(offered())).rejects.toMatchObject({ code: 'Conflict', isRetryable: true })
      expect(await files().receivedBytes(offered())).toBe(0)
    })

    it('never lie outside of their folder', async () => {
      writeFileSync(join(root, 'secret.tar.gz'), 'secret')
      const executionId = '../secret' as ExecutionId
      await expect(files().append(offered({ ExecutionID: executionId }), content)).rejects.toThrow(
        'not an execution id',
      )
      await expect(files().append(offered({ SHA256: '../../x' }), content)).rejects.toThrow('not one of SHA-256')
      await expect(files().read({ executionId, offset: 0, limitBytes: 9 })).rejects.toThrow('not an execution id')
      await expect(files().remove(executionId)).rejects.toThrow('not an execution id')
      expect(existsSync(join(root, 'secret.tar.gz'))).toBe(true)
      expect(readFileSync(join(root, 'secret.tar.gz'), 'utf8')).toBe('secret')
    })
  })
})
