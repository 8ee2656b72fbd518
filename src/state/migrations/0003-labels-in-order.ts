import type { Dialect } from '../dialect.ts'

/** Jobs with a label stand in the order of their creation, so that a page of them is a walk too. */
export const labelsInOrder = ({ int64, clustered }: Dialect): readonly string[] => [
  `create table ordered_job_labels (
    name text not null, value text not null, created_at ${int64} not null, job_key integer not null,
    primary key (name, value, created_at, job_key)
  ) ${clustered}`,
  `insert into ordered_job_labels (name, value, created_at, job_key)
    select l.name, l.value, j.created_at, l.job_key from job_labels l join jobs j on j.key = l.job_key`,
  'drop table job_labels',
  'alter table ordered_job_labels rename to job_labels',
]
