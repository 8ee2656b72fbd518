import { Fault } from '#lib/fault.ts'

/** What an orchestrator of Go answers to a result that would travel over the link. */
export const takesNoResults = (): Fault =>
  new Fault('NotImplemented', 'this orchestrator takes no results over the connection of the node', {
    hint: 'Use another publisher, such as local or s3',
    details: { FailureClass: 'user' },
  })

/** The same of one that is older than such stores. */
export const keepsNoStore = (): Fault =>
  new Fault('NotImplemented', 'this orchestrator keeps no store for results', {
    hint: 'Use another publisher, such as local or s3',
    details: { FailureClass: 'user' },
  })

/** It takes no files with jobs either. */
export const hasNoUploads = (): Fault =>
  new Fault('NotImplemented', 'this orchestrator keeps no files that were sent with jobs', {
    hint: 'Use another input, such as a URL or S3',
    details: { FailureClass: 'user' },
  })
