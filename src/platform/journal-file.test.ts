import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Journal, JournalEntry } from '#contracts/journal.ts'
import type { Change } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import { rawNumber } from '#lib/json/raw-number.ts'
import type { Job } from '#models/job.ts'
import type { Task } from '#models/task.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { canMount, growDisk, mountDisk, unmountDisk } from '../../test/kit/small-disk.ts'
import { openJournal } from './journal-file.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'))
  path = join(folder, 'made', 'state.journal')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const entry = (number: number, facts: Record<string, string> = { n: String(number) }): JournalEntry => ({
  storeId: 's-1',
  number,
  changes: [{ putFacts: facts }],
})

/** Opened and read, as a store does at its start. */
const opened = (): Journal => {
  const journal = openJournal(path)
  journal.entries()
  return journal
}

/** What the next life finds; this one was killed, so it did not close. */
const left = (): JournalEntry[] => {
  const journal = openJournal(path)
  try {
    return journal.entries()
  } finally {
    journal.close()
  }
}
const numbersLeft = (): number[] => left().map(({ number }) => number)

describe('a journal file', () => {
  it('gives back what was appended, in order, and is for its owner only', () => {
    const journal = opened()
    for (const number of [1, 2, 3]) journal.append(entry(number))
    expect(journal.entries()).toEqual([1, 2, 3].map((number) => entry(number)))
    expect(left()).toEqual([1, 2, 3].map((number) => entry(number)))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    journal.close()
    expect(numbersLeft()).toEqual([1, 2, 3])
  })

  it.each([
    [
      'texts and integers of every kind',
      { a: '\u0001n5 \ud800 \0 ü', b: 2n ** 63n - 1n, c: -0, d: 1e300, ['__proto__']: 'x' },
    ],
    ['a number that keeps its source text', { a: rawNumber('1.50'), b: 5n, c: '\u0001' }],
  ])('gives back exactly %s', (_what, params) => {
    const task = partOf<Task>({ Engine: { Type: 'noop', Params: params } })
    const change: Change = { insertJobs: [partOf<Job>({ Tasks: [task] })] }
    const journal = opened()
    const many = Array.from({ length: 1_000 }, (): Change => ({ putFacts: { a: 'x'.repeat(100) } }))
    const entries = [
      { storeId: 's-1', number: 1, changes: [change, change] },
      { storeId: 's-1', number: 2, changes: [change, ...many] },
    ]
    for (const each of entries) journal.append(each)
    expect(left()).toEqual(entries)
    // What is large is made smaller.
    expect(statSync(path).size).toBeLessThan(10_000)
  })

  it('begins anew once it is cleared, and takes nothing of before for new', () => {
    const journal = opened()
    for (let number = 1; number <= 5; number++) journal.append(entry(number))
    journal.clear()
    expect(journal.entries()).toEqual([])
    // As long as the first of before, so that the second of before follows on it without a gap.
    journal.append(entry(6))
    expect(numbersLeft()).toEqual([6])
    journal.append(entry(7, { a: 'x'.repeat(1_000) }))
    expect(numbersLeft()).toEqual([6, 7])
    journal.clear()
    journal.close()
    expect(statSync(path).size).toBe(0)
    expect(left()).toEqual([])
  })

  it('leaves out an end that was not written whole, wherever it was cut, and goes on there', () => {
    const journal = opened()
    journal.append(entry(1))
    const whole = statSync(path).size
    journal.append(entry(2))
    journal.close()
    const bytes = readFileSync(path)
    for (let size = whole; size < bytes.length; size++) {
      writeFileSync(path, bytes.subarray(0, size))
      expect(numbersLeft()).toEqual([1])
    }
    for (let at = whole; at < bytes.length; at++) {
      const torn = Buffer.from(bytes)
      torn[at] = (torn[at] as number) ^ 0x40
      writeFileSync(path, torn)
      expect(numbersLeft()).toEqual([1])
    }
    const next = opened()
    next.append(entry(2, { again: 'yes' }))
    expect(left()).toEqual([entry(1), entry(2, { again: 'yes' })])
  })

  it('is not cleared by being opened and closed', () => {
    const journal = opened()
    journal.append(entry(1))
    openJournal(path).close()
    expect(numbersLeft()).toEqual([1])
  })

  it('says that it is damaged when a whole entry cannot be read', () => {
    const journal = opened()
    journal.append(entry(1))
    const bytes = readFileSync(path)
    // An entry with the right checksum whose content nobody understands.
    writeFileSync(path, Buffer.concat([frameOf(Buffer.from('nonsense')), bytes]))
    expect(() => left()).toThrow(/damaged/)
  })

  it('says clearly that it cannot be written', () => {
    mkdirSync(path, { recursive: true })
    expect(() => openJournal(path)).toThrow(Fault)
    expect(() => openJournal(path)).toThrow(/cannot write the journal .*state\.journal/)
  })

  it.runIf(canMount)('on a full disk refuses an entry that is not there then, and goes on when there is room', () => {
    const mount = join(folder, 'small')
    mkdirSync(mount)
    mountDisk(mount, 'size=64k')
    path = join(mount, 'state.journal')
    try {
      const journal = opened()
      const large = (number: number) => entry(number, { text: noise(20_000) })
      let number = 1
      let fault: unknown
      for (; fault === undefined; number++) {
        try {
          journal.append(large(number))
        } catch (error) {
          fault = error
        }
      }
      expect(fault).toMatchObject({ code: 'StorageFull', isRetryable: true })
      const refused = number - 1
      expect(refused).toBeGreaterThan(1)
      const before = Array.from({ length: refused - 1 }, (_, i) => i + 1)
      expect(journal.entries().map((each) => each.number)).toEqual(before)
      expect(numbersLeft()).toEqual(before)
      growDisk(mount, '1m')
      journal.append(large(refused))
      expect(numbersLeft()).toEqual([...before, refused])
      journal.close()
    } finally {
      unmountDisk(mount)
    }
  })
})

/** A text that cannot be made smaller. */
const noise = (length: number): string =>
  Array.from({ length }, () => String.fromCharCode(33 + Math.random() * 90)).join('')

function frameOf(body: Buffer): Buffer {
  const head = Buffer.alloc(17)
  head.writeUInt32LE(body.length, 0)
  head.writeBigUInt64LE(1n, 8)
  head[16] = 1
  head.writeUInt32LE(crc32(Buffer.concat([head.subarray(8), body])), 4)
  return Buffer.concat([head, body])
}
