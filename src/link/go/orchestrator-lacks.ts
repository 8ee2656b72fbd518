import { Fault } from '#lib/fault.ts'

/** What orchestrators of Go cannot do for a node that is ours: its job asks for it in vain. */
const lacking = (what: string, hint: string): Fault =>
  new Fault('NotImplemented', `this orchestrator ${what}`, { hint, details: { FailureClass: 'user' } })

const otherPublisher = 'Use another publisher, such as local or s3'

export const takesNoResults = (): Fault => lacking('takes no results over the connection of the node', otherPublisher)

/** Those before 1.6. */
export const keepsNoStore = (): Fault => lacking('keeps no store for results', otherPublisher)

export const hasNoUploads = (): Fault =>
  lacking('keeps no files that were sent with jobs', 'Use another input, such as a URL or S3')
