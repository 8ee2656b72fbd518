import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { ExecutionId } from '#models/ids.ts'
import { SystemClock } from './clock.ts'
import { LogFiles } from './log-files.ts'

const executionId = 'e-1' as ExecutionId
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
    const keeper = await logs.open(executionId, false)
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
    const resumed = await later.open(executionId, true)
    nowMs += 5
    await resumed.write(2, Buffer.from('more'))
    await resumed.close()
    expect(shown(await read(later))).toEqual([...whole, [2, 'more', 7, 10]])
  })

  it('is small enough to need no file, and knows the same', async () => {
    const logs = open()
    const keeper = await logs.open(executionId, false)
    await keeper.write(1, Buffer.from('little'))
    await keeper.close()
    expect(shown(await read(logs))).toEqual([[1, 'little', 6, 0]])
  })

  it('that is no text has a file however small it is, since the control plane keeps only text', async () => {
    const keeper = await open().open(executionId, false)
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
    const keeper = await logs.open(executionId, false)
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
    const keeper = await logs.open(executionId, false)
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
    const keeper = await logs.open(executionId, false)
    for (const text of ['a'.repeat(2048), 'b', 'c', 'd'.repeat(65_535), 'e']) await keeper.write(1, Buffer.from(text))
    const kept = async (from: LogFiles) => Buffer.concat((await read(from)).map(({ bytes }) => bytes)).toString()
    const note =
      '\n[a node keeps 2.0 KiB of an execution: of what was printed after this, the last 64 KiB follow when it has ended]\n'
    const atFirst = `${'a'.repeat(2048)}b${note}`
    expect(await kept(logs)).toBe(atFirst)
    await keeper.close()
    expect(await kept(logs)).toBe(`${atFirst}${'d'.repeat(65_535)}e`)
    const later = open(2048)
    const resumed = await later.open(executionId, true)
    await resumed.write(1, Buffer.from('f'))
    await resumed.close()
    expect(await kept(later)).toBe(`${atFirst}${'d'.repeat(65_535)}ef`)
  })

  it('of an earlier version has no times and is whole', async () => {
    writeFileSync(join(folder, 'e-1.log'), Buffer.concat([Buffer.from([1, 3, 0, 0, 0]), Buffer.from('old')]))
    expect(await read(open())).toEqual([{ stream: 1, bytes: Buffer.from('old'), end: 3 }])
  })
})
