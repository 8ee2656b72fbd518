import type { Dialect } from '../dialect.ts'

/** Jobs, executions and what belongs to them; the messages between nodes; the work of a compute node. */
export const firstTables = ({ integerKey, int64, clustered }: Dialect): readonly string[] => [
  `create table versions (
    key ${integerKey}, job_key integer not null, version integer not null, created_at ${int64} not null,
    spec text not null, ended text
  )`,
  'create index versions_ended on versions (job_key, version) where ended is not null',

  `create table jobs (
    key ${integerKey}, id text not null, namespace text not null, name text,
    state integer not null, state_detail text, is_live integer not null,
    version integer not null, version_key integer not null references versions (key), revision integer not null,
    created_at ${int64} not null, modified_at ${int64} not null, labels text
  )`,
  `create table job_ids (id text not null primary key, key integer not null) ${clustered}`,
  'create index jobs_by_created_at on jobs (created_at, key)',
  'create index jobs_by_namespace_and_created_at on jobs (namespace, created_at, key)',
  'create index jobs_by_modified_at on jobs (modified_at, key)',
  'create index jobs_by_namespace_and_modified_at on jobs (namespace, modified_at, key)',
  'create index jobs_by_name on jobs (namespace, name, created_at) where name is not null',
  'create index jobs_live on jobs (is_live) where is_live = 1',
  `create table job_labels (
    name text not null, value text not null, job_key integer not null, primary key (name, value, job_key)
  ) ${clustered}`,

  `create table executions (
    key ${integerKey}, id text not null, job_key integer not null references jobs (key), version integer not null,
    node_id text not null, is_live integer not null, revision integer not null,
    created_at ${int64} not null, modified_at ${int64} not null, body text not null
  )`,
  `create table execution_ids (id text not null primary key, key integer not null) ${clustered}`,
  'create index executions_by_job on executions (job_key)',
  'create index executions_live on executions (node_id) where is_live = 1',

  `create table history (
    job_key integer not null, seq integer not null, is_execution_level integer not null,
    version integer not null, execution_key integer, node_id text, revision integer not null, audience integer not null,
    job_before integer, job_after integer, execution_before integer, execution_after integer,
    time ${int64} not null, comment text, topic text not null, message text not null, event_time ${int64}, details text,
    primary key (job_key, seq)
  ) ${clustered}`,

  `create table nodes (id text not null primary key, body text not null) ${clustered}`,

  `create table outbox (
    peer text not null, seq integer not null, message text not null, version_key integer,
    primary key (peer, seq)
  ) ${clustered}`,
  `create table outbox_peers (peer text not null primary key, acked_seq integer not null) ${clustered}`,
  `create table inbox (
    peer text not null, sender_store_id text not null, seq integer not null, primary key (peer, sender_store_id)
  ) ${clustered}`,

  `create table work (
    key ${integerKey}, execution_id text not null, state integer not null, started_at ${int64} not null,
    need text not null, work_order text not null, version_key integer
  )`,

  `create table tokens (
    namespace text not null, token text not null, body_hash text not null, answer text not null,
    created_at ${int64} not null, primary key (namespace, token)
  ) ${clustered}`,
  'create index tokens_by_created_at on tokens (created_at)',
  `create table facts (name text not null primary key, value text not null) ${clustered}`,
]
