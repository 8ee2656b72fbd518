import type { ExecutionRow } from './executions.ts'
import type { HistoryRow } from './history.ts'
import type { IdRow } from './id-index.ts'
import type { InboxRow } from './inbox.ts'
import type { JobLabelRow } from './job-labels.ts'
import type { JobRow } from './job-row.ts'
import type { NamedValueRow } from './named-values.ts'
import type { NodeRow } from './nodes.ts'
import type { OutboxPeerRow, OutboxTableRow } from './outbox.ts'
import type { TokenRow } from './tokens.ts'
import type { VersionRow } from './versions.ts'
import type { WorkTableRow } from './work.ts'

/** Every table and its columns, as the query builder sees them. */
export type Tables = {
  jobs: JobRow
  job_ids: IdRow
  job_labels: JobLabelRow
  versions: VersionRow
  executions: ExecutionRow
  execution_ids: IdRow
  history: HistoryRow
  nodes: NodeRow
  outbox: OutboxTableRow
  outbox_peers: OutboxPeerRow
  inbox: InboxRow
  work: WorkTableRow
  tokens: TokenRow
  facts: NamedValueRow
  meta: NamedValueRow
}
