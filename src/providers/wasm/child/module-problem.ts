import type { FailureClass } from '#models/job.ts'

/** A module cannot be found, linked or given what it wants. The message is for the job's owner. */
export class ModuleProblem extends Error {
  override readonly name = 'ModuleProblem'
  readonly class: FailureClass
  readonly hint: string | undefined

  constructor(message: string, failureClass: FailureClass = 'user', hint?: string) {
    super(message)
    this.class = failureClass
    this.hint = hint
  }
}
