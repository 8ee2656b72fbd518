import { Fault, messageOf } from '#lib/fault.ts'
import type { Cli } from '../command.ts'

export type LogChoice = {
  readonly executionId?: string
  readonly follow?: boolean
  readonly tail?: boolean
  readonly job_version?: number
  readonly namespace?: string
}

/**
 * Writes the output of a job to stdout as it comes, both of its streams, and returns whether there was any. Being
 * interrupted, or told to leave, is a good end.
 */
export async function followLogs(
  id: string,
  { executionId, follow, tail, ...which }: LogChoice,
  cli: Cli,
  leave?: AbortSignal,
): Promise<boolean> {
  const signal = leave ? AbortSignal.any([cli.interrupted, leave]) : cli.interrupted
  let isAny = false
  const client = await cli.client()
  const query = {
    ...which,
    execution_id: executionId || undefined,
    follow: follow || undefined,
    tail: tail || undefined,
  }
  try {
    for await (const { value, error } of client.jobs.logs(id, query, signal)) {
      if (error) throw saidByServer(error)
      cli.stdout.write(value.Line)
      isAny = true
    }
    return isAny
  } catch (error) {
    if (signal.aborted) return isAny
    if (error instanceof Fault && error.message.startsWith('error reading')) throw error
    throw new Fault(
      'ServiceUnavailable',
      `unknown error trying to stream logs from job (ID: ${id}): ${messageOf(error)}`,
      {
        cause: error,
        ...(error instanceof Fault && error.hint ? { hint: error.hint } : {}),
      },
    )
  }
}

/** The stream carries sentences only. */
const saidByServer = (error: string): Fault =>
  new Fault('InternalError', `error reading log output: error received from server: ${error}`, {
    ...(error.includes('Multiple jobs found') ? { hint: 'Use full job ID' } : {}),
  })
