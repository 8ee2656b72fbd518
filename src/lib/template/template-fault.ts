import { Fault } from '../fault.ts'

const hints = {
  parse: 'Correct the template, or use --no-template when `{{` is meant as text.',
  execute: 'Give missing values with -V name=value or -E pattern, or use --no-template.',
}

/** The refusal of a template: the sentence of Go's engine behind the prefix that names the step. */
export const templateFault = (step: 'parse' | 'execute', message: string): Fault =>
  new Fault('BadRequest', `failed to ${step} template: ${message}`, { hint: hints[step] })
