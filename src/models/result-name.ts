import { Fault } from '#lib/fault.ts'

/** The file of an execution's packed result. Ids come from other machines: what is none becomes no name, but a Fault BadRequest. */
export function resultName(executionId: string): string {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(executionId)) return `${executionId}.tar.gz`
  throw new Fault('BadRequest', `${JSON.stringify(executionId)} is not an execution id`)
}
