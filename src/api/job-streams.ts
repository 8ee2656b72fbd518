import { named, uploadedTo, versioned } from './job-params.ts'
import { param } from './query.ts'

/** Bytes instead of a document: a gzip tar, of which `Range: bytes=N-` asks for the rest. Ours. */
export const keptResultRoute = {
  method: 'GET',
  role: 'orchestrator',
  errors: ['NotFound', 'MultipleFound'],
  path: '/orchestrator/jobs/:id/results/:execution',
  summary:
    'The result that an execution published and its node keeps, through the orchestrator; takes `Range: bytes=N-`. The id of the execution may end in `.tar.gz`',
  query: {
    ...named,
    ticket: param('text', 'Opens this result without a login until it expires; part of the addresses of results'),
  },
} as const

/** Bytes of a chunk, which the answer says to be on disk. Ours. */
export const uploadChunkRoute = {
  method: 'PUT',
  role: 'orchestrator',
  errors: ['NotFound', 'StorageFull'],
  path: '/orchestrator/jobs/uploads/:id/chunks/:digest',
  summary: 'Sends a chunk of an upload that was begun: the bytes, of which `:digest` is the SHA-256',
  query: {
    ...uploadedTo,
    offset: param('uint32', 'These are bytes from here on, and more may follow; absent = all of the chunk'),
  },
} as const

/** A WebSocket whose frames are `LogFrame`s. */
export const logsRoute = {
  method: 'GET',
  role: 'orchestrator',
  errors: ['UpgradeRequired'],
  path: '/orchestrator/jobs/:id/logs',
  summary: 'Output of a job over a WebSocket',
  query: {
    ...named,
    ...versioned,
    execution_id: param('text', 'Only this execution; a prefix is enough'),
    tail: param('bool', 'Only what is printed from now on'),
    since: param('int64', 'Only what was printed at this time or later, Unix nanoseconds'),
    grep: param('text', 'Only lines in which this pattern (RE2) is found'),
    follow: param('bool', 'Until the execution ends'),
    bytes: param('bool', 'As bytes instead of text, so that also what is no UTF-8 stays as it was printed'),
    resumable: param(
      'bool',
      'With frames that tell where the stream stands, twice a minute that it lives, and what happens to it, so that it can go on after a break',
    ),
    from_execution: param(
      'text',
      'Goes on after a break with this execution and, where it failed, with its successors',
    ),
    skip_stdout: param(
      'int64',
      'Without so many characters (UTF-16 units; with `bytes`, bytes) of its stdout, which the reader has already',
    ),
    skip_stderr: param('int64', 'The same for stderr'),
    from_stdout: param('int64', 'Counted from this byte of its stdout on, where the stream of the reader began'),
    from_stderr: param('int64', 'The same for stderr'),
  },
} as const

/** Where a stream of output stands: what follows is of this execution ('' = there is none yet), after so many characters, or bytes. */
export type LogPosition = {
  ExecutionID: string
  Stdout: number
  Stderr: number
  /** Bytes of each stream that these are counted from, where that is not its beginning. */
  FromStdout?: number
  FromStderr?: number
}

/** 0 = none (an error, a position, a note, a sign of life), 1 = stdout, 2 = stderr. */
export type LogFrame = {
  /** `Bytes`: in base64, in the place of `Line`; only for a reader that has asked for bytes. */
  value: { Type: 0 | 1 | 2; Line: string; Bytes?: string }
  error?: string
  /** With an error: what may help. */
  Hint?: string
  Position?: LogPosition
  /** What the stream is and what happens to it, for people: of which execution of several, its node is away, or back. */
  Note?: string
}
