import type { OutboxMessage } from '#contracts/store.ts'
import { exactJson, exactJsonWith, parseExact } from '#lib/json/exact.ts'
import type { Job } from '#models/job.ts'
import type { ExecutionsTable } from './executions.ts'
import type { JobReferences } from './job-references.ts'
import { asOrdered, type OrderedExecution, orderedExecution } from './ordered-execution.ts'
import { type ShortExecution, shortExecution, wholeExecution } from './short-execution.ts'
import type { JobHead } from './versions.ts'

/** `text`: JSON. `versionKey`: of the specification that an order refers to; null = there is none, or it is in the text. */
export type StoredMessage = { text: string; versionKey: number | null }

type Order = Extract<OutboxMessage, { Kind: 'AskForBid' }>
/** `Ordered` stands for an execution that this store has. */
type StoredOrder = Omit<Order['Body'], 'Execution' | 'Job'> & {
  Execution?: ShortExecution
  Ordered?: OrderedExecution
  Job: JobHead | Job
}
type StoredBody = Exclude<OutboxMessage, Order> | { Kind: Order['Kind']; Body: StoredOrder }

/** Messages as rows hold them: an order refers to what else is stored of its execution and its job. */
export class StoredMessages {
  readonly #executions: ExecutionsTable
  readonly #references: JobReferences
  /** While a group is written: one job's orders, of which there may be thousands, follow each other. */
  #lastJob: (StoredMessage & { job: Job }) | undefined

  constructor(executions: ExecutionsTable, references: JobReferences) {
    this.#executions = executions
    this.#references = references
  }

  shorten(message: OutboxMessage): StoredMessage {
    if (message.Kind !== 'AskForBid') return { text: exactJson(message), versionKey: null }
    const { Execution, Job, ...order } = message.Body
    const { text, versionKey } = this.#jobText(Job)
    // Both are removed together, or neither.
    const isStored = versionKey !== null && Execution.JobID === Job.ID
    const Ordered = isStored ? orderedExecution(Execution, this.#executions.get(Execution.ID)) : undefined
    const body = { ...order, ...(Ordered ? { Ordered } : { Execution: shortExecution(Execution) }) }
    return { text: exactJsonWith({ Kind: message.Kind }, 'Body', exactJsonWith(body, 'Job', text)), versionKey }
  }

  /** The group is written. */
  forgetLast(): void {
    this.#lastJob = undefined
  }

  whole(text: string, versionKey: number | null): OutboxMessage {
    const message = parseExact<StoredBody>(text)
    if (message.Kind !== 'AskForBid') return message
    const { Execution: short, Ordered, Job: job, ...order } = message.Body
    const Execution = Ordered ? asOrdered(Ordered, this.#executions.get(Ordered.ID)) : wholeExecution(short ?? {})
    const Job = this.#references.restore(job, versionKey)
    if (!Job) return { Kind: 'CancelExecution', Body: { ExecutionID: Execution.ID, Reason: removedText } }
    return { Kind: message.Kind, Body: { ...order, Execution, Job } }
  }

  #jobText(job: Job): StoredMessage {
    if (this.#lastJob?.job === job) return this.#lastJob
    const stored = this.#references.shorten(job)
    this.#lastJob = { job, text: exactJson(stored.job), versionKey: stored.versionKey }
    return this.#lastJob
  }
}

/** An order that its node never took, and whose job is gone: its number is sent all the same, with what is left of it. */
const removedText = 'the job was removed'
