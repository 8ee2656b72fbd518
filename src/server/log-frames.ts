import { goString } from '#api/encode/go-json.ts'
import type { logsRoute } from '#api/jobs.ts'
import type { QueryOf } from '#api/query.ts'
import type { JobsApi } from '#contracts/control-plane.ts'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { Execution } from '#models/execution.ts'
import { isDiscardedExecution, isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId } from '#models/ids.ts'

/** Output of a job as the frames clients read. Output that is complete comes line by line, live output as it is written. */
export async function* logFrames(
  jobs: JobsApi,
  idOrName: string,
  query: QueryOf<(typeof logsRoute)['query']>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { execution_id: executionId = '', follow = false, tail = false } = query
  const id = await jobs.resolve(idOrName, query.namespace)
  const { Version } = await jobs.get(id, query.job_version ?? 0)
  // A version that was just submitted has no execution yet; that of the one before is not meant.
  const isOfAnyVersion = query.all_job_versions || (executionId !== '' && !query.job_version)
  const version = isOfAnyVersion ? undefined : Version
  const isOver = hasEnded(await jobs.executions(id, version), executionId)
  const request = {
    isFollowing: follow,
    // Of output that is complete there is no "from now on".
    isTail: tail && !isOver,
    ...(executionId ? { executionId: executionId as ExecutionId } : {}),
    ...(version ? { version } : {}),
  }
  const read = () => jobs.logs(id, request, signal)
  yield* isOver ? finishedFrames(read) : chunkFrames(read())
}

/** Whether the execution whose output will be read has ended. */
function hasEnded(executions: readonly Execution[], executionId: string): boolean {
  const kept = executions.filter(({ ComputeState }) => !isDiscardedExecution(ComputeState.StateType))
  const pool = executionId ? executions.filter(({ ID }) => ID === executionId) : kept.length > 0 ? kept : executions
  const [first, ...others] = pool
  if (first === undefined) return false
  const newest = others.reduce((best, each) => (each.ModifyTime > best.ModifyTime ? each : best), first)
  return isTerminalExecution(newest.ComputeState.StateType)
}

const frame = (stream: 1 | 2, line: string): string => `{"value":{"Type":${stream},"Line":${goString(line)}}}\n`

/** Live output: each piece as it comes; a character that is cut in two waits for its other half. */
async function* chunkFrames(chunks: AsyncIterable<LogChunk>): AsyncGenerator<string> {
  const decoders = { 1: new TextDecoder(), 2: new TextDecoder() }
  for await (const { stream, bytes } of chunks) {
    const text = decoders[stream].decode(bytes, { stream: true })
    if (text !== '') yield frame(stream, text)
  }
  for (const stream of [1, 2] as const) {
    const rest = decoders[stream].decode()
    if (rest !== '') yield frame(stream, rest)
  }
}

/** Characters of a line that never ends are sent in pieces of this size. */
const longestLine = 64 * 1024

/** Finished output, one frame a line: all of stdout, then all of stderr, which is read again only when there is some. */
async function* finishedFrames(read: () => AsyncIterable<LogChunk>): AsyncGenerator<string> {
  let hasErrors = false
  async function* output() {
    for await (const chunk of read()) {
      if (chunk.stream === 1) yield chunk.bytes
      else hasErrors = true
    }
  }
  async function* errors() {
    for await (const chunk of read()) if (chunk.stream === 2) yield chunk.bytes
  }
  yield* lineFrames(1, output())
  if (hasErrors) yield* lineFrames(2, errors())
}

async function* lineFrames(stream: 1 | 2, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let open = ''
  for await (const bytes of pieces) {
    const text = open + decoder.decode(bytes, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield frame(stream, text.slice(start, end + 1))
      start = end + 1
    }
    open = text.slice(start)
    if (open.length > longestLine) {
      yield frame(stream, open)
      open = ''
    }
  }
  open += decoder.decode()
  if (open !== '') yield frame(stream, open)
}
