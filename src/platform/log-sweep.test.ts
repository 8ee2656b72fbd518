import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ExecutionId } from '#models/ids.ts'
import { SystemClock } from './clock.ts'
import { LogFiles } from './log-files.ts'
import { LogSweep } from './log-sweep.ts'

const atWork = 'e-at-work' as ExecutionId
const hourMs = 3_600_000

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-sweep-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs one sweep with a clock that stands; the ids it asked about. */
async function sweepOnce(logs: LogFiles, keptMs: number): Promise<string[]> {
  const asked: string[] = []
  const timers: (() => void)[] = []
  const isDone = Promise.withResolvers<void>()
  const clock = new SystemClock()
  clock.after = (_delayMs, run) => {
    if (timers.push(run) === 2) isDone.resolve()
    return { stop: () => {} }
  }
  const isAtWork = async (id: ExecutionId) => asked.push(id) > 0 && id === atWork
  const onError = (error: unknown) => expect.fail(String(error))
  const sweep = new LogSweep({ logs, clock, keptMs, isAtWork, onError })
  await sweep.start()
  if (timers.length > 0) {
    timers[0]?.()
    await isDone.promise
  }
  await sweep.stop()
  return asked.toSorted()
}

const oldFile = (name: string) => {
  writeFileSync(join(folder, name), 'text')
  utimesSync(join(folder, name), (Date.now() - 2 * hourMs) / 1000, (Date.now() - 2 * hourMs) / 1000)
}
const isThere = (name: string) => existsSync(join(folder, name))

describe('kept output', () => {
  it('goes when it is older than it is kept, unless its execution is at work [W23]', async () => {
    const logs = new LogFiles(folder, new SystemClock())
    for (const name of ['e-old.log', 'e-at-work.log', 'notes.txt']) oldFile(name)
    writeFileSync(join(folder, 'e-young.log'), 'text')
    expect(await sweepOnce(logs, hourMs)).toEqual(['e-at-work', 'e-old'])
    expect(['e-old.log', 'e-at-work.log', 'notes.txt', 'e-young.log'].map(isThere)).toEqual([false, true, true, true])
    const gone = logs.read({ executionId: 'e-old' as ExecutionId, isFollowing: false, isTail: false }, never)
    await expect(Array.fromAsync(gone)).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('stays while it is being written, however long nothing came', async () => {
    const logs = new LogFiles(folder, new SystemClock())
    const keeper = await logs.open('e-silent' as ExecutionId, false)
    oldFile('e-silent.log')
    expect(await sweepOnce(logs, hourMs)).toEqual([])
    await keeper.close()
    expect(await sweepOnce(logs, hourMs)).toEqual(['e-silent'])
    expect(isThere('e-silent.log')).toBe(false)
  })

  it('stays for ever when nothing else was said, and a folder that is not there is no fault', async () => {
    oldFile('e-old.log')
    expect(await sweepOnce(new LogFiles(folder, new SystemClock()), 0)).toEqual([])
    expect(isThere('e-old.log')).toBe(true)
    expect(await sweepOnce(new LogFiles(join(folder, 'none'), new SystemClock()), hourMs)).toEqual([])
  })
})

const never = new AbortController().signal
