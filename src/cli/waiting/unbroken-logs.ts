import type { LogFrame, LogPosition } from '#api/job-streams.ts'
import type { Client } from '#client/client.ts'
import type { Clock } from '#lib/clock.ts'
import { messageOf } from '#lib/fault.ts'
import { goodLineMs, isWorthAnotherTry, pauseAfterMs } from './patience.ts'
import { printedLength } from './printed.ts'
import { Silence } from './silence.ts'

type LogQuery = NonNullable<Parameters<Client['jobs']['logs']>[1]>
export type LineParts = {
  readonly client: Client
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The server was there a moment ago, so that it is worth asking again also before it has said anything. */
  readonly isThere: boolean
  /** Told once each time the line to the server breaks, and when there is one again. */
  readonly onBreak: (reason: string) => void
  readonly onMend: () => void
  /** Told when the execution failed and another one goes on: its output follows from its beginning. */
  readonly onSuccessor: () => void
  /** Told what the server says of the stream. */
  readonly onNote: (note: string) => void
}

/**
 * Output of a job that is followed, each byte once, over as many connections as it takes. A server that does not
 * tell where its output stands cannot go on from there: what breaks is an error then.
 */
export async function* unbrokenLogs(id: string, query: LogQuery, parts: LineParts): AsyncGenerator<LogFrame> {
  const { client, clock, signal, isThere, onBreak, onMend, onSuccessor, onNote } = parts
  let position: LogPosition | undefined
  let hasOutput = false
  let isBroken = false
  for (let failures = 0; ; ) {
    let openedMs = clock.monotonicMs()
    const silence = new Silence(clock)
    try {
      const rest = { ...query, resumable: true, bytes: true, ...restAfter(position) }
      for await (const frame of client.jobs.logs(id, rest, AbortSignal.any([signal, silence.signal]))) {
        if (frame.Position) {
          if (isBroken) onMend()
          isBroken = false
          openedMs = clock.monotonicMs()
          silence.watch()
          if (isAnother(frame.Position, position)) onSuccessor()
          // What the server opens a stream with must not make it forgotten where the one before broke.
          if (frame.Position.ExecutionID !== '' || !position) position = frame.Position
          continue
        }
        silence.heard()
        if (frame.Note) onNote(frame.Note)
        if (frame.value.Type === 0 && frame.error === undefined) continue
        failures = 0
        hasOutput = true
        if (position) position = movedBy(frame, position)
        yield frame
      }
      return
    } catch (error) {
      if (!isBroken && clock.monotonicMs() - openedMs >= goodLineMs) failures = 0
      failures += 1
      const canGoOn = position !== undefined || (isThere && !hasOutput)
      if (signal.aborted || !canGoOn || !isWorthAnotherTry(error, failures)) throw error
      if (!isBroken) onBreak(messageOf(error))
      isBroken = true
      await clock.sleep(pauseAfterMs(failures), signal)
    } finally {
      silence.stop()
    }
  }
}

/** Until there is an execution, everything is still to come. */
const restAfter = (position: LogPosition | undefined): LogQuery =>
  position === undefined || position.ExecutionID === ''
    ? {}
    : {
        from_execution: position.ExecutionID,
        tail: false,
        skip_stdout: BigInt(position.Stdout),
        skip_stderr: BigInt(position.Stderr),
        ...(position.FromStdout === undefined ? {} : { from_stdout: BigInt(position.FromStdout) }),
        ...(position.FromStderr === undefined ? {} : { from_stderr: BigInt(position.FromStderr) }),
      }

const isAnother = (now: LogPosition, before: LogPosition | undefined): boolean =>
  now.ExecutionID !== '' && !['', now.ExecutionID].includes(before?.ExecutionID ?? '')

const movedBy = (frame: LogFrame, position: LogPosition): LogPosition => ({
  ...position,
  Stdout: position.Stdout + (frame.value.Type === 1 ? printedLength(frame) : 0),
  Stderr: position.Stderr + (frame.value.Type === 2 ? printedLength(frame) : 0),
})
