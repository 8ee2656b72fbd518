import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ExecutionId } from '#models/ids.ts'
import { SystemClock } from './clock.ts'
import { LogFiles } from './log-files.ts'
import type { LogPolicy } from './log-policy.ts'
import { LogSweep, type Swept } from './log-sweep.ts'

const atWork = 'e-at-work' as ExecutionId
const hourMs = 3_600_000

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-sweep-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const swept: Swept[] = []
const filesIn = (directory: string) =>
  new LogFiles({ directory, clock: new SystemClock(), limitBytes: 0, onLost: () => {} })

/** Runs one sweep with a clock that stands; the ids it asked about. */
async function sweepOnce(logs: LogFiles, keptMs: number, limits: Partial<LogPolicy> = {}): Promise<string[]> {
  const asked: string[] = []
  const timers: (() => void)[] = []
  const isDone = Promise.withResolvers<void>()
  const clock = new SystemClock()
  clock.after = (_delayMs, run) => {
    if (timers.push(run) === 2) isDone.resolve()
    return { stop: () => {} }
  }
  const isAtWork = async (id: ExecutionId) => asked.push(id) > 0 && id === atWork
  swept.length = 0
  const onSwept = (each: Swept) => void swept.push(each)
  const onError = (error: unknown) => expect.fail(String(error))
  const sweep = new LogSweep({
    logs,
    clock,
    policy: { keptMs, totalBytes: 0, count: 0, ...limits },
    isAtWork,
    onSwept,
    onError,
  })
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
    const logs = filesIn(folder)
    for (const name of ['e-old.log', 'e-at-work.log', 'notes.txt']) oldFile(name)
    writeFileSync(join(folder, 'e-young.log'), 'text')
    expect(await sweepOnce(logs, hourMs)).toEqual(['e-at-work', 'e-old'])
    expect(['e-old.log', 'e-at-work.log', 'notes.txt', 'e-young.log'].map(isThere)).toEqual([false, true, true, true])
    const gone = logs.read({ executionId: 'e-old' as ExecutionId, isFollowing: false, isTail: false }, never)
    await expect(Array.fromAsync(gone)).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('goes, the oldest first, while there is more than the node keeps; what is at work stays and counts [W23, L7]', async () => {
    const ages = { 'e-1': 5, 'e-at-work': 4, 'e-3': 3, 'e-open': 2, 'e-4': 1 }
    const logs = filesIn(folder)
    const make = () => {
      for (const [id, hours] of Object.entries(ages)) {
        writeFileSync(join(folder, `${id}.log`), 'x'.repeat(100))
        utimesSync(join(folder, `${id}.log`), Date.now() / 1000 - hours * 3_600, Date.now() / 1000 - hours * 3_600)
      }
    }
    const left = () => Object.keys(ages).filter((id) => isThere(`${id}.log`))
    const keeper = await logs.open('e-open' as ExecutionId, { isResumed: false, isNewestKept: false })
    make()
    await sweepOnce(logs, 0, { totalBytes: 300 })
    expect([left(), swept]).toEqual([['e-at-work', 'e-open', 'e-4'], [{ size: 2 }]])
    make()
    await sweepOnce(logs, 0, { count: 4 })
    expect([left(), swept]).toEqual([['e-at-work', 'e-3', 'e-open', 'e-4'], [{ count: 1 }]])
    await sweepOnce(logs, 0, { totalBytes: 1 })
    expect(left()).toEqual(['e-at-work', 'e-open'])
    await sweepOnce(logs, 0, { totalBytes: 200, count: 2 })
    expect([left(), swept]).toEqual([['e-at-work', 'e-open'], []])
    await keeper.close()
  })

  it('stays while it is being written, however long nothing came', async () => {
    const logs = filesIn(folder)
    const keeper = await logs.open('e-silent' as ExecutionId, { isResumed: false, isNewestKept: false })
    oldFile('e-silent.log')
    expect(await sweepOnce(logs, hourMs)).toEqual([])
    await keeper.close()
    expect(await sweepOnce(logs, hourMs)).toEqual(['e-silent'])
    expect(isThere('e-silent.log')).toBe(false)
  })

  it('stays for ever when nothing else was said, and a folder that is not there is no fault', async () => {
    oldFile('e-old.log')
    expect(await sweepOnce(filesIn(folder), 0)).toEqual([])
    expect(isThere('e-old.log')).toBe(true)
    expect(await sweepOnce(filesIn(join(folder, 'none')), hourMs)).toEqual([])
  })
})

const never = new AbortController().signal
