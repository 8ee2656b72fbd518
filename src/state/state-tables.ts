import type { SqlDatabase } from '#contracts/sql.ts'
import type { Dialect } from './dialect.ts'
import { ExecutionsTable } from './tables/executions.ts'
import { HistoryTable } from './tables/history.ts'
import { IdIndex } from './tables/id-index.ts'
import { InboxTable } from './tables/inbox.ts'
import { JobLabelsTable } from './tables/job-labels.ts'
import { JobReferences } from './tables/job-references.ts'
import { JobsTable } from './tables/jobs.ts'
import { NamedValues } from './tables/named-values.ts'
import { NodesTable } from './tables/nodes.ts'
import { OutboxTable } from './tables/outbox.ts'
import { StoredMessages } from './tables/stored-messages.ts'
import { TokensTable } from './tables/tokens.ts'
import { VersionsTable } from './tables/versions.ts'
import { WorkTable } from './tables/work.ts'

/** All tables of one database, their statements prepared. */
export class StateTables {
  readonly jobIds: IdIndex
  readonly executionIds: IdIndex
  readonly jobLabels: JobLabelsTable
  readonly jobs: JobsTable
  readonly versions: VersionsTable
  readonly references: JobReferences
  readonly executions: ExecutionsTable
  readonly history: HistoryTable
  readonly nodes: NodesTable
  readonly outbox: OutboxTable
  readonly inbox: InboxTable
  readonly work: WorkTable
  readonly tokens: TokensTable
  readonly facts: NamedValues
  readonly meta: NamedValues

  constructor(database: SqlDatabase, { waitingIds }: Dialect) {
    this.meta = new NamedValues(database, 'meta')
    this.jobIds = new IdIndex(database, this.meta, { table: 'job_ids', source: 'jobs', waitingIds })
    this.executionIds = new IdIndex(database, this.meta, { table: 'execution_ids', source: 'executions', waitingIds })
    this.jobLabels = new JobLabelsTable(database)
    this.versions = new VersionsTable(database)
    this.jobs = new JobsTable(database, this.jobIds, this.versions, this.jobLabels)
    this.executions = new ExecutionsTable(database, this.executionIds)
    this.history = new HistoryTable(database, this.executions)
    this.nodes = new NodesTable(database)
    this.references = new JobReferences(this.jobs, this.versions)
    this.outbox = new OutboxTable(database, new StoredMessages(this.executions, this.references))
    this.work = new WorkTable(database, this.references)
    this.inbox = new InboxTable(database)
    this.tokens = new TokensTable(database)
    this.facts = new NamedValues(database, 'facts')
  }

  /** `isAll`: before they are committed; else what is going to change soon may wait. What has come and gone is never written. */
  write(isAll: boolean): void {
    this.jobs.write(isAll)
    this.executions.write(isAll)
    this.history.write(isAll)
    this.outbox.write()
    this.inbox.write()
    this.work.write(isAll)
  }

  /** After a rollback: what is kept in memory is read again from the rows. */
  forget(): void {
    this.jobIds.forget()
    this.executionIds.forget()
    this.versions.forget()
    this.jobs.forget()
    this.executions.forget()
    this.history.forget()
    this.outbox.forget()
    this.inbox.forget()
    this.work.forget()
  }
}
