import type { Change, OutboxMessage, WorkRow } from '#contracts/store.ts'
import type { Job } from '#models/job.ts'
import type { JobReferences } from './tables/job-references.ts'
import type { JobHead } from './tables/versions.ts'

/**
 * A change as the journal has it. A job is in most changes of its life; from the second on without its specification, which the
 * tables have when the change before has been applied to them.
 */
export type ShortChange = Omit<Change, 'updateJobs' | 'putWork' | 'outbox'> & {
  updateJobs?: readonly Short<JobUpdate>[]
  putWork?: readonly ShortWork[]
  outbox?: readonly { peer: string; message: OutboxMessage | ShortOrder }[]
}

type Short<Part> = Omit<Part, 'job'> & { job: Job | JobHead }
type JobUpdate = NonNullable<Change['updateJobs']>[number]
type ShortWork = Omit<WorkRow, 'order'> & { order: Short<WorkRow['order']> }
type Order = Extract<OutboxMessage, { Kind: 'AskForBid' }>
type ShortOrder = Omit<Order, 'Body'> & { Body: Omit<Order['Body'], 'Job'> & { Job: Job | JobHead } }

/** Before it is applied. */
export function shortChange(change: Change, references: JobReferences): ShortChange {
  const { updateJobs, putWork, outbox } = change
  if (!updateJobs?.length && !putWork?.length && !outbox?.length) return change
  return {
    ...change,
    ...(updateJobs && { updateJobs: updateJobs.map((each) => ({ ...each, job: references.head(each.job) })) }),
    ...(putWork && {
      putWork: putWork.map((row) => ({ ...row, order: { ...row.order, job: references.head(row.order.job) } })),
    }),
    ...(outbox && {
      outbox: outbox.map(({ peer, message }) => ({ peer, message: shortMessage(message, references) })),
    }),
  }
}

/** What it was made of; all that was applied before it must be applied. */
export function wholeChange(short: ShortChange, references: JobReferences): Change {
  const { updateJobs, putWork, outbox, ...rest } = short
  return {
    ...rest,
    ...(updateJobs && { updateJobs: updateJobs.map((each) => ({ ...each, job: references.whole(each.job) })) }),
    ...(putWork && {
      putWork: putWork.map((row) => ({ ...row, order: { ...row.order, job: references.whole(row.order.job) } })),
    }),
    ...(outbox && {
      outbox: outbox.map(({ peer, message }) => ({ peer, message: wholeMessage(message, references) })),
    }),
  }
}

function shortMessage(message: OutboxMessage, references: JobReferences): OutboxMessage | ShortOrder {
  if (message.Kind !== 'AskForBid') return message
  return { ...message, Body: { ...message.Body, Job: references.head(message.Body.Job) } }
}

function wholeMessage(message: OutboxMessage | ShortOrder, references: JobReferences): OutboxMessage {
  if (message.Kind !== 'AskForBid') return message
  return { ...message, Body: { ...message.Body, Job: references.whole(message.Body.Job) } }
}
