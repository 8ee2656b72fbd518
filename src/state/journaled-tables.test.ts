import { describe, expect, it } from 'vitest'
import type { Change } from '#contracts/store.ts'
import { exactJson } from '#lib/json/exact.ts'
import type { Job } from '#models/job.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { aJob, anExecution, someWork } from '../../test/contracts/store-fixtures.ts'
import { MemoryJournal } from '../../test/kit/memory-journal.ts'
import { sqlite } from './dialect.ts'
import { JournaledTables } from './journaled-tables.ts'
import { migrate } from './migrate.ts'
import { StateTables } from './state-tables.ts'

const fact = (value: string): Change => ({ putFacts: { it: value } })

/** A database in memory; what is not committed is taken back when it is opened by the next life, as after a crash. */
class Machine {
  readonly database = openSqlite(':memory:')
  readonly journal = new MemoryJournal()

  constructor() {
    migrate(this.database, sqlite, () => {})
  }

  start({ storeId = 's-1', journal = this.journal } = {}) {
    if (this.database.isInTransaction()) this.database.exec('rollback')
    const tables = new StateTables(this.database, sqlite)
    const journaled = new JournaledTables({ database: this.database, tables, journal, storeId })
    journaled.restore()
    const apply = (change: Change): void => {
      const answer = journaled.resolve(change)
      if ('refusal' in answer) throw new Error(answer.refusal.kind)
      journaled.keep([journaled.write(change, answer.resolved).short])
    }
    return { tables, journaled, apply, keep: (value: string) => apply(fact(value)), it: () => tables.facts.get('it') }
  }
}

describe('tables with a journal', () => {
  it('have after a crash what was kept, whether or not they were written in between', () => {
    const machine = new Machine()
    const first = machine.start()
    first.keep('a')
    first.journaled.settle()
    first.keep('b')
    const second = machine.start()
    expect(second.it()).toBe('b')
    expect(second.journaled.unsettled).toBe(1)
    second.keep('c')
    second.journaled.settle()
    expect(second.journaled.unsettled).toBe(0)
    expect(machine.start().it()).toBe('c')
  })

  it('do not apply again what they have, when the crash came before the journal was cleared', () => {
    const machine = new Machine()
    const first = machine.start()
    for (const value of ['a', 'b']) first.keep(value)
    machine.journal.clear = () => {}
    first.journaled.settle()
    const second = machine.start()
    expect([second.it(), second.journaled.unsettled]).toEqual(['b', 0])
    second.keep('c')
    expect(machine.start().it()).toBe('c')
  })

  it('take nothing from the journal of another database, or of a later time than their own', () => {
    const [machine, other] = [new Machine(), new Machine()]
    const first = machine.start()
    first.keep('a')
    expect(other.start({ storeId: 's-2', journal: machine.journal }).it()).toBeUndefined()
    first.journaled.settle()
    first.keep('b')
    // Put back from a backup that was made before anything was settled.
    expect(other.start({ storeId: 's-1', journal: machine.journal }).it()).toBeUndefined()
    expect(machine.start().it()).toBe('b')
  })

  it("keep a job's specification once for each of its versions, and give back whole jobs, orders and work", () => {
    const machine = new Machine()
    const first = machine.start()
    const job = aJob(1, { Meta: { note: 'told once' } })
    const queued: Job = { ...job, Revision: 2, State: { StateType: 'Queued', Message: 'no room' } }
    const moved: Job = { ...aJob(1, { Meta: { note: 'told anew' } }), Version: 2, Revision: 3 }
    const execution = anExecution(1, { JobVersion: 2 })
    first.apply({ insertJobs: [job] })
    first.apply({ updateJobs: [{ id: job.ID, expectedRevision: 1, job: queued }] })
    expect(first.tables.jobs.get(job.ID)).toEqual(queued)
    first.apply({
      updateJobs: [{ id: job.ID, expectedRevision: 2, job: moved }],
      insertExecutions: [execution],
      outbox: [{ peer: 'n-1', message: { Kind: 'AskForBid', Body: { Execution: execution, Job: moved } } }],
    })
    first.apply({ putWork: [someWork(1, { order: { execution, job: moved } })] })
    const texts = exactJson(machine.journal.entries())
    expect([texts.split('told once').length - 1, texts.split('_start').length - 1]).toEqual([1, 3])

    const { tables } = machine.start()
    expect(tables.jobs.get(job.ID)).toEqual(moved)
    expect(tables.outbox.page('n-1', 0, 9).map((row) => row.message)).toEqual([
      { Kind: 'AskForBid', Body: { Execution: execution, Job: moved } },
    ])
    expect(tables.work.get(execution.ID)?.order).toEqual({ execution, job: moved })
  })

  it('do not go on when the journal has lost what was kept', () => {
    const machine = new Machine()
    const { journaled, keep } = machine.start()
    keep('a')
    machine.journal.clear()
    expect(() => journaled.restore()).toThrow(/damaged/)
    expect(() => journaled.requireWhole()).toThrow(/damaged/)
  })

  it('have nothing of what was applied and not kept', () => {
    const machine = new Machine()
    const { journaled, keep, it } = machine.start()
    keep('a')
    const answer = journaled.resolve(fact('b'))
    if ('resolved' in answer) journaled.write(fact('b'), answer.resolved)
    expect(it()).toBe('b')
    expect(machine.start().it()).toBe('a')
  })

  it('do not fail for a journal that cannot be read but for its time', () => {
    const machine = new Machine()
    const { journaled, keep, it } = machine.start()
    keep('a')
    const entries = machine.journal.entries
    machine.journal.entries = () => {
      throw new Error('the disk is away')
    }
    expect(() => journaled.restore()).toThrow('the disk is away')
    expect(() => journaled.requireWhole()).toThrow('the disk is away')
    machine.journal.entries = entries
    journaled.requireWhole()
    expect(it()).toBe('a')
  })
})
