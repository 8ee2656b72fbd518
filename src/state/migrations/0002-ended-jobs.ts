import type { Dialect } from '../dialect.ts'

/** What has ended is found in the order of its end, and can be removed without a walk. */
export const endedJobs = (_dialect: Dialect): readonly string[] => [
  // 0 = removed since the job ended.
  'alter table jobs add column has_history integer not null default 1',
  'create index jobs_ended on jobs (has_history, modified_at, key) where is_live = 0',
  // Asked by the reference from jobs when a version is removed.
  'create index jobs_by_version on jobs (version_key)',
]
