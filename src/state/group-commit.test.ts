import { describe, expect, it } from 'vitest'
import type { Change } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { MemoryJournal } from '../../test/kit/memory-journal.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { sqlite } from './dialect.ts'
import { GroupCommit } from './group-commit.ts'
import { JournaledTables } from './journaled-tables.ts'
import { migrate } from './migrate.ts'
import { StateTables } from './state-tables.ts'

const fact = (value: string): Change => ({ putFacts: { it: value } })

function opened() {
  const time = { ms: 0 }
  const timers: (() => void)[] = []
  const clock = partOf<Clock>({
    monotonicMs: () => time.ms,
    after: (_ms: number, then: () => void) => {
      timers.push(then)
      return { stop: () => {} }
    },
  })
  const turns: (() => void)[] = []
  const database = openSqlite(':memory:')
  migrate(database, sqlite, () => {})
  const tables = new StateTables(database, sqlite)
  const journal = new MemoryJournal()
  const journaled = new JournaledTables({ database, tables, journal, storeId: 's-1' })
  journaled.restore()
  const group = new GroupCommit(journaled, clock, {
    nextTurn: (then) => turns.push(then),
    isBusy: () => false,
    log: () => {},
  })
  /** What it does by itself, so many times. */
  const turn = (count = 3): void => {
    for (let i = 0; i < count; i++) for (const then of turns.splice(0)) then()
  }
  return { time, timers, group, journal, journaled, turn, it: () => tables.facts.get('it') }
}

describe('a store whose disk is full', () => {
  it('does not apply its journal again for each change that comes, when that takes long', () => {
    const { time, group, journal, turn, it: value } = opened()
    group.apply(fact('kept'))
    turn()
    const { entries, append } = journal
    let restored = 0
    journal.entries = () => {
      restored++
      time.ms += 300
      return entries.call(journal)
    }
    journal.append = () => {
      throw new Error('the disk is full')
    }
    const lost = group.apply(fact('lost'))
    turn()
    expect([restored, value()]).toEqual([1, 'kept'])
    // It answers at once, and what is stored can be read.
    for (let i = 0; i < 100; i++) expect(() => group.apply(fact('refused'))).toThrow('the disk is full')
    group.requireWhole()
    expect(restored).toBe(1)
    journal.append = append
    time.ms += 1_200
    expect(group.apply(fact('later')).kind).toBe('applied')
    turn()
    expect(value()).toBe('later')
    return expect('durable' in lost && lost.durable).rejects.toThrow('the disk is full')
  })

  it('takes no more changes than it can apply again in a moment, until its tables are written', () => {
    const { timers, group, journaled, turn } = opened()
    const settle = journaled.settle
    journaled.settle = () => {
      throw new Error('no room for the tables')
    }
    const fill = (): number => {
      for (let count = 0; count < 20_000; count++) {
        try {
          group.apply(fact(String(count)))
        } catch (error) {
          expect(String(error)).toContain('no room for the tables')
          return count
        }
        if (count % 100 === 99) turn()
      }
      return Number.POSITIVE_INFINITY
    }
    expect(fill()).toBe(12_000)
    journaled.settle = settle
    for (const then of timers.splice(0)) then()
    expect(group.apply(fact('goes on')).kind).toBe('applied')
  })
})
