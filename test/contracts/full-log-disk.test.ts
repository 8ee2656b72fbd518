import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ExecutionId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { LogFiles } from '#platform/log-files.ts'
import { canMount, growDisk, mountDisk, unmountDisk } from '../kit/small-disk.ts'

const executionId = 'e-1' as ExecutionId

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'full-log-disk-'))
  if (canMount) mountDisk(folder, 'size=256k')
})
afterEach(() => {
  if (canMount) unmountDisk(folder)
  rmSync(folder, { recursive: true, force: true })
})

it.skipIf(!canMount)(
  'output that finds no room does not hold its program up; the operator is told once, and its readers where that was',
  async () => {
    const lost: [ExecutionId, unknown][] = []
    const parts = { directory: folder, clock: new SystemClock(), limitBytes: 0 }
    const logs = new LogFiles({ ...parts, onLost: (...told) => void lost.push(told) })
    const read = async (from: LogFiles) => {
      const chunks = from.read({ executionId, isFollowing: false, isTail: false }, new AbortController().signal)
      return Buffer.concat((await Array.fromAsync(chunks)).map(({ bytes }) => bytes)).toString()
    }
    const keeper = await logs.open(executionId, { isResumed: false, isNewestKept: false })
    const fits = 'a'.repeat(100_000)
    await keeper.write(1, Buffer.from(fits))
    expect(await read(logs)).toBe(fits)
    for (let at = 0; at < 3; at++) {
      await keeper.write(1, Buffer.alloc(500_000))
      await read(logs)
    }
    growDisk(folder, '8m')
    await keeper.close()
    expect(lost).toEqual([[executionId, expect.objectContaining({ code: 'ENOSPC' })]])
    for (const files of [logs, new LogFiles({ ...parts, onLost: () => {} })]) {
      const whole = await read(files)
      expect(whole.startsWith(fits)).toBe(true)
      expect(whole.slice(fits.length)).toBe('\n[what was printed after this is not kept: it could not be written]\n')
    }
  },
)
