import { Fault, messageOf } from '#lib/fault.ts'
import type { Cli } from '../command.ts'
import type { Out } from '../out.ts'
import { tell } from '../tell.ts'
import { printedIn } from './printed.ts'
import { type LineParts, unbrokenLogs } from './unbroken-logs.ts'

export type LogChoice = {
  readonly executionId?: string
  readonly follow?: boolean
  readonly tail?: boolean
  /** Only lines in which this pattern is found. */
  readonly grep?: string
  /** Only what was printed at this time or later, Unix nanoseconds. */
  readonly sinceNs?: bigint
  readonly job_version?: number
  readonly namespace?: string
  /** The server has just taken the job: it is not given up before it has sent anything. */
  readonly isJustTaken?: boolean
}

export type Told = Pick<LineParts, 'onBreak' | 'onMend' | 'onSuccessor' | 'onNote'>

export type Following = {
  /** Aborted when the reader has had enough. */
  readonly leave?: AbortSignal
  /** Where the pieces go: stdout as they are, when left out. */
  readonly write?: (printed: Uint8Array, stream: 1 | 2) => void
  /** Who is told what happens to the line: stderr, when left out. */
  readonly told?: Told
}

/**
 * Writes the output of a job to stdout as it comes, both of its streams, and returns whether there was any. It goes on when
 * the line to the server breaks. Being interrupted, or told to leave, is a good end.
 */
export async function followLogs(
  id: string,
  { executionId, follow, tail, grep, sinceNs, isJustTaken = false, ...which }: LogChoice,
  cli: Cli,
  { leave, write = (printed) => cli.stdout.write(printed), told = toldOn(cli.stderr) }: Following = {},
): Promise<boolean> {
  const signal = leave ? AbortSignal.any([cli.interrupted, leave]) : cli.interrupted
  let isAny = false
  const client = await cli.client()
  const parts = { client, clock: cli.clock, signal, isThere: isJustTaken, ...told }
  const query = {
    ...which,
    execution_id: executionId || undefined,
    follow: follow || undefined,
    tail: tail || undefined,
    grep: grep || undefined,
    since: sinceNs,
  }
  try {
    for await (const frame of unbrokenLogs(id, query, parts)) {
      const { value, error, Hint } = frame
      if (error) throw saidByServer(error, Hint)
      if (value.Type !== 0) write(printedIn(frame), value.Type)
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

export const toldOn = (stderr: Out): Told => ({
  onBreak: (reason: string) =>
    tell(stderr, `The line to the server broke; asking again, the job goes on meanwhile. ${reason}`),
  onMend: () => tell(stderr, 'The server is there again; the output goes on.'),
  onNote: (note: string) => tell(stderr, note),
  onSuccessor: () => tell(stderr, 'The execution failed; that of the one in its place follows from its beginning.'),
})

const saidByServer = (error: string, hint: string | undefined): Fault =>
  new Fault('InternalError', `error reading log output: error received from server: ${error}`, {
    ...(hint === undefined ? {} : { hint }),
  })
