import type { Dialect } from '../dialect.ts'

const columns = `job_key, seq, is_execution_level, version, execution_key, node_id, revision, audience,
    job_before, job_after, execution_before, execution_after, time, comment, topic, message, event_time, details, more`

/**
 * Lines stand as they come, and an index finds those of a job: standing job by job, each row came between others, whose pages
 * were split and stayed half empty.
 */
export const historyInOrder = ({ int64 }: Dialect): readonly string[] => [
  `create table history_in_order (
    job_key integer not null, seq integer not null, is_execution_level integer not null,
    version integer not null, execution_key integer, node_id text, revision integer not null, audience integer not null,
    job_before integer, job_after integer, execution_before integer, execution_after integer,
    time ${int64} not null, comment text, topic text not null, message text not null, event_time ${int64}, details text, more text
  )`,
  `insert into history_in_order (${columns}) select ${columns} from history order by job_key, seq`,
  'drop table history',
  'alter table history_in_order rename to history',
  'create unique index history_by_job on history (job_key, seq)',
]
