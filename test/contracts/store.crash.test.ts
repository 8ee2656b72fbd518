import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  aJob,
  anExecution,
  executionId,
  guestExecution,
  guestJob,
  jobId,
  nodeId,
  someWork,
  startNs,
} from './store-fixtures.ts'
import { openAt } from './store-under-test.ts'

const child = join(import.meta.dirname, 'store-crash-child.ts')

/** Runs the child until it has acknowledged `count` jobs and is killed, or kills itself. Returns what it acknowledged. */
async function crash(path: string, first: number, where: string, count: number): Promise<number[]> {
  const crashing = spawn(process.execPath, ['--conditions=source', child, path, String(first), where], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acks: number[] = []
  const ended = once(crashing, 'exit')
  for await (const line of createInterface({ input: crashing.stdout })) {
    acks.push(Number(line.split(' ')[1]))
    if (where === 'anywhere' && acks.length >= count) crashing.kill('SIGKILL')
  }
  const [code, signal] = await ended
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' })
  return acks
}

/** Opens what is left and checks that each job from `from` on is there with all its rows or with none. Returns how many there are. */
async function recount(path: string, from: number): Promise<number> {
  const { store } = await openAt(path)
  try {
    const last = Number((await store.fact('last')) ?? -1)
    for (let n = from; n <= last; n++) {
      expect(await store.job(jobId(n))).toEqual(aJob(n))
      expect(await store.execution(executionId(n))).toEqual(anExecution(n, { JobID: jobId(n) }))
      expect(await store.work(executionId(n))).toEqual(someWork(n))
      expect((await store.history(jobId(n), 0, 9)).map((line) => line.SeqNum)).toEqual([1, 2])
    }
    const guests = last < 0 ? [] : [{ id: guestJob(last).ID, expectedRevision: 1 }]
    expect(await store.endedJobs('all', 2n * startNs, 9)).toEqual(guests)
    if (last >= 0) expect(await store.execution(guestExecution(last).ID)).toEqual(guestExecution(last))
    if (last > 0) expect(await store.execution(guestExecution(last - 1).ID)).toBeUndefined()
    expect(await store.job(jobId(last + 1))).toBeUndefined()
    expect(await store.execution(executionId(last + 1))).toBeUndefined()
    const rows = await store.outbox(nodeId(1), 2 * from, 1_000_000)
    expect(rows.map((row) => row.seq)).toEqual(
      Array.from({ length: 2 * (last + 1 - from) }, (_, index) => 2 * from + index + 1),
    )
    return last + 1
  } finally {
    await store.close()
  }
}

describe('kill -9', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-crash-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(['before commit', 'after commit'])(
    '%s, five times on one file: what was acknowledged is there, and every job is whole [I1, W23]',
    async (where) => {
      const path = join(folder, `${where}.db`)
      let stored = 0
      for (let round = 0; round < 5; round++) {
        const acks = await crash(path, stored, where, 0)
        const found = await recount(path, 0)
        // Three jobs a group, and the third group is the one it dies with: stored or not, nobody was told.
        expect(acks).toHaveLength(6)
        for (const n of acks) expect(n).toBeLessThan(found)
        expect(found - stored).toBe(where === 'before commit' ? 6 : 9)
        stored = found
      }
    },
    60_000,
  )

  it('anywhere, twenty times on one file [I1]', async () => {
    const path = join(folder, 'anywhere.db')
    let stored = 0
    for (let round = 0; round < 20; round++) {
      const acks = await crash(path, stored, 'anywhere', 1 + ((round * 7) % 40))
      const found = await recount(path, stored)
      expect(acks.length).toBeGreaterThan(0)
      for (const n of acks) expect(n).toBeLessThan(found)
      stored = found
    }
    await recount(path, 0)
  }, 120_000)
})
