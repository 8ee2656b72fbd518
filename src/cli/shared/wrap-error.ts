import { Fault, messageOf } from '#lib/fault.ts'

/** Says what was being done when it failed, and keeps the hint: `could not get job j-1: job not found: j-1`. */
export async function during<Value>(what: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    throw wrapped(what, error)
  }
}

/** The same for what answers at once. */
export function doing<Value>(what: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw wrapped(what, error)
  }
}

function wrapped(what: string, error: unknown): unknown {
  if (error instanceof Fault) return saying(what, error)
  return error instanceof Error && error.name === 'Error' ? new Error(`${what}: ${messageOf(error)}`) : error
}

export const saying = (what: string, error: Fault): Fault =>
  new Fault(error.code, `${what}: ${messageOf(error)}`, {
    cause: error,
    component: error.component,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
