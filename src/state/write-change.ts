import type { Change, OutboxRow } from '#contracts/store.ts'
import { assert } from '#lib/assert.ts'
import type { Job } from '#models/job.ts'
import type { Keys } from './keys.ts'
import type { ResolvedChange } from './resolved-change.ts'
import type { StateTables } from './state-tables.ts'
import type { JobHandle } from './tables/jobs.ts'

export type Written = { outbox: OutboxRow[] }

/** Writes all rows of a change whose expectations hold, in the order of its fields. */
export function writeChange(tables: StateTables, keys: Keys, change: Change, resolved: ResolvedChange): Written {
  const { inbox } = change
  if (inbox) tables.inbox.put(inbox.peer, inbox.senderStoreId, inbox.seq)
  removeJobs(tables, keys, resolved)
  writeJobs(tables, keys, resolved)
  for (const { key, jobKey, execution } of resolved.insertExecutions) tables.executions.insert(key, jobKey, execution)
  for (const { old, execution } of resolved.updateExecutions) tables.executions.update(old, execution)
  for (const { key, row } of resolved.putWork) tables.work.put(key, row)
  for (const { key, update } of resolved.updateWork) tables.work.update(key, update)
  for (const id of change.removeWork ?? []) tables.work.remove(id)
  writeHistory(tables, keys, resolved.history)
  for (const node of change.putNodes ?? []) tables.nodes.put(node)
  for (const id of change.removeNodes ?? []) tables.nodes.remove(id)
  const outbox = (change.outbox ?? []).map(({ peer, message }) => tables.outbox.append(peer, message))
  for (const { peer, seq } of change.acked ?? []) tables.outbox.acked(peer, seq)
  for (const peer of change.resetPeers ?? []) resetPeer(tables, peer)
  for (const token of change.putTokens ?? []) tables.tokens.put(token)
  for (const [name, text] of Object.entries(change.putFacts ?? {})) tables.facts.put(name, text)
  return { outbox }
}

/** What follows each other in one job's history is written together. */
function writeHistory(tables: StateTables, keys: Keys, lines: ResolvedChange['history']): void {
  for (let at = 0, end = 0; at < lines.length; at = end) {
    const { jobKey } = lines[at] as (typeof lines)[number]
    while (lines[end]?.jobKey === jobKey) end++
    const run = end - at === lines.length ? lines : lines.slice(at, end)
    tables.history.insert(jobKey, keys.nextSeqs(jobKey, run.length), run)
  }
}

function removeJobs(tables: StateTables, keys: Keys, { removeJobs, removeHistory }: ResolvedChange): void {
  // The row of a job that has just ended is written as one with history.
  if (removeHistory.length > 0) tables.jobs.write(true)
  if (removeJobs.length > 0) {
    // An order refers to the job: its node is told that it is gone.
    tables.outbox.write()
    keys.keepLast()
  }
  for (const { key, versionKeys } of removeJobs) {
    tables.history.removeOfJob(key)
    tables.executions.removeOfJob(key)
    tables.jobs.remove(key)
    for (const versionKey of versionKeys) tables.versions.remove(versionKey)
  }
  for (const { key } of removeHistory) {
    tables.history.removeOfJob(key)
    tables.jobs.forgetHistory(key)
    keys.startHistory(key)
  }
}

function writeJobs(tables: StateTables, keys: Keys, { insertJobs, updateJobs }: ResolvedChange): void {
  for (const { handle, job } of insertJobs) {
    tables.versions.insert(handle.versionKey, handle.key, job)
    tables.jobs.insert(handle.key, handle.versionKey, job)
    keys.startHistory(handle.key)
  }
  for (const { old, versionKey, job } of updateJobs) {
    if (versionKey !== old.versionKey) writeVersion(tables, old, versionKey, job)
    tables.jobs.update(old, versionKey, job)
  }
}

function writeVersion(tables: StateTables, old: JobHandle, versionKey: number, job: Job): void {
  const last = tables.jobs.byKey(old.key)
  assert(last, `job ${job.ID} is stored`)
  tables.versions.end(old.versionKey, last)
  tables.versions.insert(versionKey, old.key, job)
  tables.jobs.updateSpec(old.key, versionKey, last, job)
}

function resetPeer(tables: StateTables, peer: string): void {
  tables.outbox.reset(peer)
  tables.inbox.reset(peer)
}
