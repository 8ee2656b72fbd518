import type { ExitFailure } from '#contracts/engine.ts'

/** A module cannot be found, linked or given what it wants. The message is for the job's owner. */
export class ModuleProblem extends Error {
  override readonly name = 'ModuleProblem'
  readonly failure: ExitFailure

  constructor(message: string, why: Partial<Omit<ExitFailure, 'message'>> = {}) {
    super(message)
    this.failure = { message, class: 'user', ...why }
  }
}
