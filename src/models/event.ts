/** What happened, for people. `Timestamp` is Unix nanoseconds here and RFC 3339 on the wire; 0 = the zero time. */
export type Event = {
  Message: string
  Topic: string
  Timestamp: bigint
  /** Values are text; booleans are `"true"` and present only when true. */
  Details?: Record<string, string>
}

export const noEvent = (): Event => ({ Message: '', Topic: '', Timestamp: 0n })

export const topics = {
  submission: 'Submission',
  scheduling: 'Scheduling',
  queueing: 'Queueing',
  jobTimeout: 'Job Timeout',
  stateUpdate: 'State Update',
  execution: 'Execution',
  requestingNode: 'Requesting Node',
  /** What clients since 1.5 call the same. */
  execScanning: 'Exec Scanning',
  downloadingInputs: 'Downloading Inputs',
  preparingEnvironment: 'Preparing Environment',
  runningExecution: 'Running Execution',
  publishingResults: 'Publishing Results',
} as const
