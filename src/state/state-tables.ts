import type { SqlDatabase } from '#contracts/sql.ts'
import { ExecutionsTable } from './tables/executions.ts'
import { FactsTable } from './tables/facts.ts'
import { HistoryTable } from './tables/history.ts'
import { InboxTable } from './tables/inbox.ts'
import { JobReferences } from './tables/job-references.ts'
import { JobsTable } from './tables/jobs.ts'
import { MetaTable } from './tables/meta.ts'
import { NodesTable } from './tables/nodes.ts'
import { OutboxTable } from './tables/outbox.ts'
import { TokensTable } from './tables/tokens.ts'
import { VersionsTable } from './tables/versions.ts'
import { WorkTable } from './tables/work.ts'

/** All tables of one database, their statements prepared. */
export class StateTables {
  readonly jobs: JobsTable
  readonly versions: VersionsTable
  readonly executions: ExecutionsTable
  readonly history: HistoryTable
  readonly nodes: NodesTable
  readonly outbox: OutboxTable
  readonly inbox: InboxTable
  readonly work: WorkTable
  readonly tokens: TokensTable
  readonly facts: FactsTable
  readonly meta: MetaTable

  constructor(database: SqlDatabase) {
    this.jobs = new JobsTable(database)
    this.versions = new VersionsTable(database)
    this.executions = new ExecutionsTable(database)
    this.history = new HistoryTable(database)
    this.nodes = new NodesTable(database)
    const references = new JobReferences(this.jobs, this.versions)
    this.outbox = new OutboxTable(database, references)
    this.work = new WorkTable(database, references)
    this.inbox = new InboxTable(database)
    this.tokens = new TokensTable(database)
    this.facts = new FactsTable(database)
    this.meta = new MetaTable(database)
  }
}
