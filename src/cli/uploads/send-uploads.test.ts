import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '#lib/fault.ts'
import type { ChunkList } from '#models/chunk-list.ts'
import type { JobSpec } from '#models/job.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { Screen } from '../../../test/kit/screen.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import type { Cli } from '../command.ts'
import { sendUploads } from './send-uploads.ts'

/** A server that takes chunks, and the terminal of who sends them. `take` says what becomes of one that has come. */
function world() {
  const folder = mkdtempSync(join(tmpdir(), 'bacalhau-send-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const clock = new StepClock()
  const screen = new Screen(200)
  const there = new Set<string>()
  const sizes = new Map<string, number>()
  const came = new Map<string, number>()
  const server = { begun: 0, take: async (_digest: string, _offset?: number): Promise<void> => {} }
  const jobs = {
    beginUpload: async ({ Chunks }: ChunkList) => {
      server.begun += 1
      for (const { SHA256, SizeBytes } of Chunks) sizes.set(SHA256, SizeBytes)
      return { ID: 'u-1', Missing: [...new Set(Chunks.map(({ SHA256 }) => SHA256))].filter((each) => !there.has(each)) }
    },
    uploadChunk: async (_: string, digest: string, bytes: Uint8Array, { offset }: { offset?: number }) => {
      await server.take(digest, offset)
      expect(offset ?? 0).toBe(offset ? came.get(digest) : 0)
      came.set(digest, (offset ?? 0) + bytes.length)
      if (came.get(digest) === sizes.get(digest)) there.add(digest)
    },
  }
  const send = async (...contents: (Uint8Array | undefined)[]): Promise<void> => {
    const stderr = { isTerminal: true, canRedraw: true, columns: 200, write: (text: string) => void screen.write(text) }
    const cli = partOf<Cli>({
      stderr,
      clock,
      interrupted: new AbortController().signal,
      resolve: (each: string) => each,
      client: async () => ({ jobs }),
    })
    const InputSources = contents.map((content, at) => {
      const path = join(folder, `content-${at}`)
      if (content) writeFileSync(path, content)
      return { Source: { Type: 'upload', Params: { Path: path } }, Alias: '', Target: `/in/${at}` }
    })
    await sendUploads(partOf<JobSpec>({ Namespace: 'default', Tasks: [{ InputSources }] }), false, cli)
  }
  return { clock, screen, server, there, send }
}

/** What stands below the step after each chunk, of which one arrives a second. */
async function notesOf(content: Uint8Array): Promise<string[]> {
  const { clock, screen, server, send } = world()
  const notes: string[] = []
  server.take = async () => {
    clock.goTo(clock.nowAtMs + 1000)
    notes.push(screen.lines.at(-1)?.trim() ?? '')
  }
  await send(content)
  expect(screen.lines.at(-2)).toMatch(/Sending .*done/)
  return notes
}

describe('an upload', () => {
  it('shows how far it is, how fast, and how long it still takes, as results do that are fetched [X11]', async () => {
    const notes = await notesOf(randomBytes(40_000_000))
    expect(notes[0]).toMatch(/^0 B of 40 MB$/)
    expect(notes.at(-1)).toMatch(/^\d+(\.\d)? MB of 40 MB, \d+(\.\d)? [kM]B\/s, \d+s left$/)
  })

  it('is shown from its first byte on, which is read long before any is sent', async () => {
    const { screen, clock, send } = world()
    const sending = send(randomBytes(40_000_000))
    await expect
      .poll(() => (clock.goTo(clock.nowAtMs + 100), screen.lines.at(-1)?.trim()), { interval: 1, timeout: 60_000 })
      .toMatch(/^\d+(\.\d)? MB read$/)
    await sending
  })

  it('of which something often stands there counts once: it is sent once', async () => {
    const [note] = await notesOf(new Uint8Array(40_000_000))
    expect(note).toMatch(/^0 B of (?!40)\d(\.\d)? MB$/)
  })

  it('is not begun when another path of its job is wrong', async () => {
    const { server, send } = world()
    await expect(send(randomBytes(10), undefined)).rejects.toThrow('no such file or folder')
    expect(server.begun).toBe(0)
  })

  it('goes on where its line broke: from then on in pieces, one at a time, of which none that got through is sent again [F4]', async () => {
    const { server, there, clock, send } = world()
    const tries = new Map<string, number>()
    const four = Promise.withResolvers<void>()
    let underWay = 0
    const laterAtOnce: number[] = []
    server.take = async (digest, offset) => {
      const piece = `${digest} ${offset}`
      const isFirst = !tries.has(piece)
      tries.set(piece, (tries.get(piece) ?? 0) + 1)
      underWay += 1
      if (underWay === 4) four.resolve()
      await four.promise
      if (there.size > 8) laterAtOnce.push(underWay)
      underWay -= 1
      if (!isFirst || tries.size % 5 !== 4) return
      // What is waited for until it is tried again passes at once.
      setImmediate(() => clock.goTo(clock.nowAtMs + 1000))
      throw new Fault('ServiceUnavailable', 'the line is cut', { isRetryable: true })
    }
    await send(randomBytes(40_000_000))
    expect(new Set(laterAtOnce)).toEqual(new Set([1]))
    expect(server.begun, 'once before, once after').toBe(2)
    expect(tries.size).toBeGreaterThan(40_000_000 / (512 * 1024))
    const resent = [...tries.values()].filter((count) => count > 1).length
    expect(resent).toBeGreaterThan(2)
    expect(resent).toBeLessThan(tries.size / 3)
  })

  it('goes on in whole chunks where the server is of a release that takes no pieces', async () => {
    const { server, there, clock, send } = world()
    let hasBroken = false
    server.take = async (_, offset) => {
      if (offset !== undefined) throw new Fault('BadRequest', 'what came is not the chunk')
      if (hasBroken) return
      hasBroken = true
      setImmediate(() => clock.goTo(clock.nowAtMs + 1000))
      throw new Fault('ServiceUnavailable', 'the line is cut', { isRetryable: true })
    }
    await send(randomBytes(10_000_000))
    expect(there.size).toBeGreaterThan(3)
  })

  const gone = () => new Fault('NotFound', 'no upload was begun, or it has gone')

  it('of which some has gone from the server meanwhile is sent again, as far as it is not there', async () => {
    const { server, there, send } = world()
    let isGone = false
    server.take = async () => {
      if (there.size < 10 || isGone) return
      isGone = true
      there.clear()
      throw gone()
    }
    await send(randomBytes(40_000_000))
    expect(isGone).toBe(true)
    expect(there.size).toBeGreaterThan(15)
    expect(server.begun).toBe(3)
  })

  it('that goes from the server each time is given up', async () => {
    const { server, send } = world()
    server.take = () => Promise.reject(gone())
    await expect(send(randomBytes(1000))).rejects.toThrow('has gone')
    expect(server.begun).toBe(3)
  })

  it('that goes while others of its job are sent is sent again before the job is submitted', async () => {
    const { server, there, send } = world()
    let firstOfAll: string | undefined
    server.take = async (digest) => {
      if (firstOfAll !== undefined && digest !== firstOfAll) there.delete(firstOfAll)
      firstOfAll ??= digest
    }
    await send(randomBytes(1000), randomBytes(1000))
    expect(there.size).toBe(2)
  })

  it('is given up when nothing gets through for a minute', async () => {
    const { server, clock, send } = world()
    server.take = async () => {
      setImmediate(() => clock.goTo(clock.nowAtMs + 1000))
      throw new Fault('ServiceUnavailable', 'nobody is there', { isRetryable: true })
    }
    await expect(send(randomBytes(1000))).rejects.toThrow('nobody is there')
    expect(clock.nowAtMs).toBeGreaterThan(60_000)
    expect(clock.nowAtMs).toBeLessThan(65_000)
  })
})
