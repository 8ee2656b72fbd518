import { goString } from '#api/encode/go-json.ts'
import type { LogPosition, logsRoute } from '#api/job-streams.ts'
import type { QueryOf } from '#api/query.ts'
import type { JobsApi, TellReader } from '#contracts/control-plane.ts'
import type { LogQuery, LogSelection } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { compileRegexp } from '#lib/regexp.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import {
  afterLengths,
  asBytes,
  asText,
  finishedPieces,
  type Lengths,
  type LogPiece,
  lengthsOf,
  livePieces,
} from './log-pieces.ts'

type Query = QueryOf<(typeof logsRoute)['query']>

/** Output of a job as the frames clients read. Output that is complete comes in whole lines, live output as it is written. */
export async function* logFrames(
  jobs: JobsApi,
  idOrName: string,
  query: Query,
  signal: AbortSignal,
  tell: TellReader,
): AsyncGenerator<string> {
  const { follow: isFollowing = false, resumable: isResumable = false } = query
  const id = await jobs.resolve(idOrName, query.namespace)
  const request = { ...(await choiceOf(jobs, id, query)), isFollowing }
  if (isResumable) yield positionFrame('', skippedOf(query))
  const parts = { jobs, signal, tell: isResumable ? tell : () => {} }
  let execution = await jobs.logged(id, request, signal, parts.tell)
  let asked = query
  // Where a break lies behind, a failure may be of the same cause, and the reader wants the job's output.
  let isBroken = query.from_execution !== undefined
  while (execution) {
    const lost: unknown = yield* framesOrLoss(parts, execution, asked)
    isBroken ||= lost !== undefined
    const next: Execution | undefined =
      isBroken && isFollowing && query.execution_id === undefined
        ? await successorOf(parts, id, execution.ID, lost !== undefined)
        : undefined
    if (lost !== undefined && !next) throw lost
    if (lost !== undefined) parts.tell(`${messageOf(lost)}.`)
    execution = next
    asked = successorQuery(query)
  }
}

type Parts = { jobs: JobsApi; signal: AbortSignal; tell: TellReader }

/** Returns why the rest of the output cannot be had, if another execution may be there instead. */
async function* framesOrLoss(parts: Parts, execution: Execution, query: Query): AsyncGenerator<string, unknown> {
  try {
    yield* framesOf(parts, execution, query)
    return undefined
  } catch (error) {
    if (query.resumable && error instanceof Fault && error.code === 'ServiceUnavailable') return error
    throw error
  }
}

/** The one that takes the place of an execution. Who cannot read one that still runs is not to wait for its end. */
async function successorOf({ jobs, signal }: Parts, id: JobId, executionId: ExecutionId, isLost: boolean) {
  const now = isLost ? await jobs.logged(id, { executionId, isFollowing: false }, signal) : undefined
  const goesOn = now !== undefined && !isTerminalExecution(now.ComputeState.StateType)
  return goesOn ? undefined : jobs.successor(id, executionId, signal)
}

async function* framesOf(
  { jobs, signal, tell }: Parts,
  { ID: executionId, JobID, ComputeState }: Execution,
  query: Query,
): AsyncGenerator<string> {
  const { follow: isFollowing = false, tail = false, resumable: isResumable = false } = query
  const selection = selectionOf(query)
  const isOver = isTerminalExecution(ComputeState.StateType)
  // Of output that is complete there is no "from now on".
  const isTail = tail && !isOver
  // Output that is complete is read once for each stream.
  const tellReader = isOver ? onceEach(tell) : tell
  const read = (how: Omit<LogQuery, 'executionId'>) =>
    jobs.logs(JobID, { ...how, ...selection, executionId }, signal, tellReader)
  const { after, skipped } =
    isTail && isResumable ? await endSoFar(read) : { after: startOf(query), skipped: skippedOf(query) }
  if (isResumable) yield positionFrame(executionId, skipped, after)
  const isExact = query.bytes === true && query.grep === undefined && query.since === undefined
  const rest = isExact ? sumOf(after, skipped) : after
  const chunks = () => read({ isFollowing, isTail: isTail && !isResumable, ...(rest ? { after: rest } : {}) })
  const decoder = query.bytes ? asBytes : asText
  const pieces = isOver ? finishedPieces(chunks, decoder) : livePieces(chunks(), decoder)
  const frame = query.bytes ? bytesFrame : textFrame
  if (isExact) for await (const piece of pieces) yield frame(piece)
  else yield* counted(afterLengths(pieces, skipped), { executionId, after, skipped, frame, isResumable })
}

function onceEach(tell: TellReader): TellReader {
  const told = new Set<string>()
  return (sentence) => {
    if (told.size < told.add(sentence).size) tell(sentence)
  }
}

type Counting = {
  executionId: ExecutionId
  after: Lengths | undefined
  skipped: Lengths
  frame: (piece: LogPiece) => string
  isResumable: boolean
}

/**
 * What is only a part of the output, and where the stream stands in the whole of it: what a reader has cannot be counted again
 * once the oldest output has gone.
 */
async function* counted(
  pieces: AsyncIterable<LogPiece>,
  { executionId, after = nothing, skipped, frame, isResumable }: Counting,
): AsyncGenerator<string> {
  const from = { ...after }
  const lengths = { ...skipped }
  for await (const piece of pieces) {
    yield frame(piece)
    if (piece.end === undefined) lengths[piece.stream] += piece.text.length
    if (piece.end === undefined || !isResumable) continue
    from[piece.stream] = piece.end
    lengths[piece.stream] = 0
    yield positionFrame(executionId, lengths, from)
  }
}

/** Bytes that the reader has, from the beginning of each stream on: they need not be read again to be counted. */
const sumOf = (after: Lengths | undefined, skipped: Lengths): Lengths | undefined =>
  after || skipped[1] > 0 || skipped[2] > 0
    ? { 1: (after?.[1] ?? 0) + skipped[1], 2: (after?.[2] ?? 0) + skipped[2] }
    : undefined

async function choiceOf(jobs: JobsApi, id: JobId, query: Query) {
  const executionId = query.execution_id || query.from_execution || ''
  const { Version } = await jobs.get(id, query.job_version ?? 0)
  // A version that was just submitted has no execution yet; that of the one before is not meant.
  const isOfAnyVersion = query.all_job_versions || (executionId !== '' && !query.job_version)
  return {
    ...(executionId ? { executionId } : {}),
    ...(isOfAnyVersion ? {} : { version: Version }),
  }
}

/** Of an execution that takes the place of another, everything is wanted that is asked for at all. */
const successorQuery = (query: Query): Query => ({
  ...query,
  tail: false,
  skip_stdout: 0n,
  skip_stderr: 0n,
  from_stdout: 0n,
  from_stderr: 0n,
})

const longestPattern = 1_000

function selectionOf({ since, grep }: Query): LogSelection {
  if (grep !== undefined && grep.length > longestPattern)
    throw new Fault('BadRequest', `a pattern has ${longestPattern} characters at most`)
  if (grep !== undefined) compileRegexp(grep)
  return {
    ...(since === undefined ? {} : { sinceMs: Number(since / 1_000_000n) }),
    ...(grep === undefined ? {} : { grep }),
  }
}

const skippedOf = ({ skip_stdout: stdout = 0n, skip_stderr: stderr = 0n }: Query): Lengths => ({
  1: Math.max(0, Number(stdout)),
  2: Math.max(0, Number(stderr)),
})

/** Bytes of each stream that the reader's own begins after. */
const startOf = ({ from_stdout: stdout, from_stderr: stderr }: Query): Lengths | undefined =>
  !stdout && !stderr ? undefined : { 1: Math.max(0, Number(stdout ?? 0n)), 2: Math.max(0, Number(stderr ?? 0n)) }

type Start = { after: Lengths | undefined; skipped: Lengths }
const nothing: Lengths = { 1: 0, 2: 0 }

/** Where "from now on" begins for a reader that may have to come back to it. Nodes of Go do not tell: there all is counted. */
async function endSoFar(
  read: (how: Pick<LogQuery, 'isFollowing' | 'isTail'>) => ReturnType<JobsApi['logs']>,
): Promise<Start> {
  try {
    const ends: Partial<Record<LogStream, number>> = {}
    for await (const { stream, end } of read({ isFollowing: false, isTail: true }))
      if (end !== undefined) ends[stream] = end
    const { 1: stdout, 2: stderr } = ends
    if (stdout !== undefined && stderr !== undefined) return { after: { 1: stdout, 2: stderr }, skipped: nothing }
    const all = read({ isFollowing: false, isTail: false })
    return { after: undefined, skipped: await lengthsOf(livePieces(all, asText)) }
  } catch (error) {
    // Its node has nothing of it, because it has not begun.
    if (error instanceof Fault && error.isRetryable) return { after: undefined, skipped: nothing }
    throw error
  }
}

const textFrame = ({ stream, text }: LogPiece): string => `{"value":{"Type":${stream},"Line":${goString(text)}}}\n`
const bytesFrame = ({ stream, text }: LogPiece): string =>
  `{"value":{"Type":${stream},"Line":"","Bytes":"${Buffer.from(text, 'latin1').toString('base64')}"}}\n`

function positionFrame(ExecutionID: string, lengths: Lengths, after?: Lengths): string {
  const from = after ? { FromStdout: after[1], FromStderr: after[2] } : {}
  const Position: LogPosition = { ExecutionID, Stdout: lengths[1], Stderr: lengths[2], ...from }
  return `${JSON.stringify({ value: { Type: 0, Line: '' }, Position })}\n`
}
