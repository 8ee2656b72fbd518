import type { Change, OutboxMessage, WorkRow } from '#contracts/store.ts'
import type { Job } from '#models/job.ts'
import type { JobReferences } from './tables/job-references.ts'
import type { JobHead } from './tables/versions.ts'

/**
 * A change as the journal has it. A job is in most changes of its life; from the second on without its specification, which the
 * tables have when the change before has been applied to them.
 */
export type ShortChange = ChangeOf<Job | JobHead>

type ChangeOf<AJob> = Omit<Change, 'updateJobs' | 'putWork' | 'outbox'> & {
  updateJobs?: readonly (Omit<JobUpdate, 'job'> & { job: AJob })[]
  putWork?: readonly (Omit<WorkRow, 'order'> & { order: Omit<WorkRow['order'], 'job'> & { job: AJob } })[]
  outbox?: readonly { peer: string; message: MessageOf<AJob> }[]
}
type JobUpdate = NonNullable<Change['updateJobs']>[number]
type Order = Extract<OutboxMessage, { Kind: 'AskForBid' }>
type MessageOf<AJob> =
  | Exclude<OutboxMessage, Order>
  | (Omit<Order, 'Body'> & { Body: Omit<Order['Body'], 'Job'> & { Job: AJob } })

/** Before it is applied. */
export function shortChange(change: Change, references: JobReferences): ShortChange {
  const { updateJobs, putWork, outbox } = change
  const hasJobs = updateJobs?.length || putWork?.length || outbox?.length
  return hasJobs ? withJobs(change, (job) => references.head(job)) : change
}

/** What it was made of; all that was applied before it must be applied. */
export const wholeChange = (short: ShortChange, references: JobReferences): Change =>
  withJobs(short, (job) => references.whole(job))

function withJobs<From, To>(
  { updateJobs, putWork, outbox, ...rest }: ChangeOf<From>,
  to: (job: From) => To,
): ChangeOf<To> {
  return {
    ...rest,
    ...(updateJobs && { updateJobs: updateJobs.map((each) => ({ ...each, job: to(each.job) })) }),
    ...(putWork && { putWork: putWork.map((row) => ({ ...row, order: { ...row.order, job: to(row.order.job) } })) }),
    ...(outbox && { outbox: outbox.map(({ peer, message }) => ({ peer, message: withJob(message, to) })) }),
  }
}

const withJob = <From, To>(message: MessageOf<From>, to: (job: From) => To): MessageOf<To> =>
  message.Kind === 'AskForBid' ? { ...message, Body: { ...message.Body, Job: to(message.Body.Job) } } : message
