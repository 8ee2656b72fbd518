import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import type { ExecutionId } from '#models/ids.ts'
import { SystemClock } from './clock.ts'
import { LogFiles } from './log-files.ts'

const executionId = 'e-1' as ExecutionId
const first = { isResumed: false, isNewestKept: false }
const resumed = { ...first, isResumed: true }
const never = new AbortController().signal

let folder = ''
let nowMs = 0
const clock = new SystemClock()
clock.nowMs = () => nowMs
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-files-'))
  nowMs = 1_800_000_000_000
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (limitBytes = 0) =>
  new LogFiles({ directory: folder, clock, limitBytes, onLost: () => expect.fail('it can be written') })

const read = (logs: LogFiles, how: { isFollowing?: boolean; isTail?: boolean } = {}) =>
  Array.fromAsync(logs.read({ executionId, isFollowing: false, isTail: false, ...how }, never))
const shown = (chunks: readonly LogChunk[]) =>
  chunks.map(({ stream, bytes, end, timeMs }) => [
    stream,
    String(bytes),
    end,
    (timeMs ?? Number.NaN) - 1_800_000_000_000,
  ])

describe('kept output', () => {
  it('knows of each piece when it was written and where it stands, in memory, in the file, and after a restart [R19]', async () => {
    const logs = open()
    const keeper = await logs.open(executionId, first)
    await keeper.write(1, Buffer.from('one'))
    nowMs += 5
    await keeper.write(2, Buffer.from('bad'))
    await keeper.write(1, Buffer.from('two'))
    const whole = [
      [1, 'one', 3, 0],
      [2, 'bad', 3, 5],
      [1, 'two', 6, 5],
    ]
    expect(shown(await read(logs))).toEqual(whole)
    await keeper.close()
    expect(shown(await read(logs))).toEqual(whole)
    const later = open()
    expect(shown(await read(later))).toEqual(whole)
    const again = await later.open(executionId, resumed)
    nowMs += 5
    await again.write(2, Buffer.from('more'))
    await again.close()
    expect(shown(await read(later))).toEqual([...whole, [2, 'more', 7, 10]])
  })

  it('is small enough to need no file, and knows the same', async () => {
    const logs = open()
    const keeper = await logs.open(executionId, first)
    await keeper.write(1, Buffer.from('little'))
    await keeper.close()
    expect(shown(await read(logs))).toEqual([[1, 'little', 6, 0]])
  })

  it('is on the disk at once, however small, when its program leaves no other copy', async () => {
    const keeper = await open().open(executionId, first)
    await keeper.write(1, Buffer.from('little'))
    await keeper.keep?.()
    expect(shown(await read(open()))).toEqual([[1, 'little', 6, 0]])
    await keeper.close()
  })

  it('that is no text has a file however small it is, since the control plane keeps only text', async () => {
    const keeper = await open().open(executionId, first)
    await keeper.write(1, Buffer.from([0xe2, 0x82]))
    await keeper.write(2, Buffer.from('text'))
    await keeper.close()
    expect((await read(open())).map(({ bytes }) => Buffer.from(bytes))).toEqual([
      Buffer.from([0xe2, 0x82]),
      Buffer.from('text'),
    ])
  })

  it('from now on stands where it is known to stand', async () => {
    const logs = open()
    const keeper = await logs.open(executionId, first)
    await keeper.write(1, Buffer.from('before'))
    expect(await read(logs)).toHaveLength(1)
    const tail = logs.read({ executionId, isFollowing: true, isTail: true }, never)[Symbol.asyncIterator]()
    expect([(await tail.next()).value, (await tail.next()).value].map((at) => [at?.stream, at?.end])).toEqual([
      [1, 6],
      [2, 0],
    ])
    const next = tail.next()
    await new Promise((resolve) => setImmediate(resolve))
    await keeper.write(1, Buffer.from('after'))
    expect((await next).value).toMatchObject({ stream: 1, bytes: Buffer.from('after'), end: 11 })
    await keeper.close()
    expect((await tail.next()).done).toBe(true)
  })

  it('lets a follower go that leaves while nothing is printed [R20]', async () => {
    const logs = open()
    const keeper = await logs.open(executionId, first)
    const leave = new AbortController()
    const follower = logs.read({ executionId, isFollowing: true, isTail: false }, leave.signal)[Symbol.asyncIterator]()
    for (const text of ['one', 'two']) {
      const next = follower.next()
      await keeper.write(1, Buffer.from(text))
      expect(String((await next).value?.bytes)).toBe(text)
    }
    const end = follower.next()
    await new Promise((resolve) => setImmediate(resolve))
    leave.abort()
    expect((await end).done).toBe(true)
    await keeper.close()
  })

  it('of which a node keeps no more goes on, for its readers, with its last words, also after a restart [X1]', async () => {
    const logs = open(2048)
    const keeper = await logs.open(executionId, first)
    for (const text of ['a'.repeat(2048), 'b', 'c', 'd'.repeat(65_535), 'e']) await keeper.write(1, Buffer.from(text))
    const kept = async (from: LogFiles) => Buffer.concat((await read(from)).map(({ bytes }) => bytes)).toString()
    const note =
      '\n[a node keeps 2.0 KiB of an execution: of what was printed after this, the last 64 KiB follow when it has ended]\n'
    const atFirst = `${'a'.repeat(2048)}b${note}`
    expect(await kept(logs)).toBe(atFirst)
    await keeper.close()
    expect(await kept(logs)).toBe(`${atFirst}${'d'.repeat(65_535)}e`)
    const later = open(2048)
    const again = await later.open(executionId, resumed)
    await again.write(1, Buffer.from('f'))
    await again.close()
    expect(await kept(later)).toBe(`${atFirst}${'d'.repeat(65_535)}ef`)
  })

  describe('of which the newest stays', () => {
    const endless = { isResumed: false, isNewestKept: true }
    const line = (n: number) => `line ${String(n).padStart(4, '0')}\n`
    const print = async (keeper: LogKeeper, from: number, to: number) => {
      for (let n = from; n < to; n++) {
        nowMs += 1
        await keeper.write(n % 10 === 9 ? 2 : 1, Buffer.from(line(n)))
        if (n % 50 === 0) await clock.sleep(1)
      }
    }
    const numbers = (chunks: readonly LogChunk[]) =>
      [
        ...Buffer.concat(chunks.map(({ bytes }) => bytes))
          .toString()
          .matchAll(/line (\d+)\n/g),
      ].map(([, n]) => Number(n))
    const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n)
    const bytesOnDisk = async (logs: LogFiles) => (await logs.files())[0]?.sizeBytes ?? 0

    it('goes on within the limit, says what is gone, and tells the same after a restart [R19, W23]', async () => {
      const logs = open(8192)
      const keeper = await logs.open(executionId, endless)
      await print(keeper, 0, 2000)
      await keeper.close()
      const kept = await read(logs)
      const there = numbers(kept)
      expect(there).toEqual(from(2000 - there.length, there.length))
      expect(there.length).toBeGreaterThan(100)
      const [note] = kept
      expect(String(note?.bytes)).toMatch(
        /^\n\[1\d KiB that were printed before this are not kept any more: it is the newest that stays\]\n$/,
      )
      expect(kept.findLast(({ stream }) => stream === 1)?.end).toBe(18_000)
      expect(kept.findLast(({ stream }) => stream === 2)?.end).toBe(2_000)
      expect(await bytesOnDisk(logs)).toBeLessThan(8192 + 256)
      const later = open(8192)
      expect(shown(await read(later))).toEqual(shown(kept))
      const again = await later.open(executionId, { ...endless, isResumed: true })
      expect([again.keptBytes?.(1), again.keptBytes?.(2)]).toEqual([18_000, 2_000])
      const times = kept.flatMap(({ timeMs }) => timeMs ?? [])
      expect(again.keptTimes?.()).toEqual({ firstMs: times[0], lastMs: times.at(-1) })
      await print(again, 2000, 2500)
      await again.close()
      const more = await read(later)
      expect(numbers(more).at(-1)).toBe(2499)
      expect(more.findLast(({ stream }) => stream === 1)?.end).toBe(22_500)
      expect(await bytesOnDisk(later)).toBeLessThan(8192 + 256)
      await later.remove(executionId)
      expect(readdirSync(folder)).toEqual([])
    })

    it('loses nothing for a follower that keeps up, also while parts go [R20]', async () => {
      const logs = open(8192)
      const keeper = await logs.open(executionId, endless)
      const follower = logs.read({ executionId, isFollowing: true, isTail: false }, never)[Symbol.asyncIterator]()
      const seen: LogChunk[] = []
      for (let printed = 0; printed < 2000; printed += 100) {
        await print(keeper, printed, printed + 100)
        while (numbers(seen).length < printed + 100) seen.push((await follower.next()).value as LogChunk)
      }
      await keeper.close()
      expect((await follower.next()).done).toBe(true)
      expect(numbers(seen)).toEqual(from(0, 2000))
    })

    it('tells a follower that falls behind what it has missed', async () => {
      const logs = open(8192)
      const keeper = await logs.open(executionId, endless)
      await print(keeper, 0, 100)
      const follower = logs.read({ executionId, isFollowing: true, isTail: false }, never)[Symbol.asyncIterator]()
      const seen: LogChunk[] = []
      await follower.next().then(({ value }) => seen.push(value as LogChunk))
      await print(keeper, 100, 2000)
      await keeper.close()
      for (let next = await follower.next(); !next.done; next = await follower.next()) seen.push(next.value)
      expect(seen.map(({ bytes }) => String(bytes)).join('')).toContain('printed before this are not kept any more')
      expect(numbers(seen).at(-1)).toBe(1999)
      expect(numbers(seen)).toEqual(numbers(seen).toSorted((one, other) => one - other))
      const bytes = seen.reduce((sum, each) => sum + each.bytes.length, 0)
      expect(seen.findLast(({ stream }) => stream === 1)?.end).toBe(18_000)
      expect(bytes).toBeLessThan(20_000)
    })
  })

  it('of an earlier version has no times and is whole', async () => {
    writeFileSync(join(folder, 'e-1.log'), Buffer.concat([Buffer.from([1, 3, 0, 0, 0]), Buffer.from('old')]))
    expect(await read(open())).toEqual([{ stream: 1, bytes: Buffer.from('old'), end: 3 }])
  })
})
