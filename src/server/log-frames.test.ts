import { expect, it } from 'vitest'
import type { LogFrame } from '#api/job-streams.ts'
import type { JobsApi, TellReader } from '#contracts/control-plane.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import { Fault } from '#lib/fault.ts'
import { selectedOutput } from '#link/selected-output.ts'
import type { ComputeStateName } from '#models/execution-state.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { logFrames } from './log-frames.ts'

const away = new Fault('ServiceUnavailable', 'node n-1 cannot be reached', { isRetryable: true })
const state = (StateType: ComputeStateName) => ({ ComputeState: { StateType } })

/** A job whose first execution prints "a" and is lost; the second prints "b". */
function rig({ lostState, hasNext }: { lostState: ComputeStateName; hasNext: boolean }) {
  const asked: LogQuery[] = []
  const [first, next] = [
    { ID: 'e-1', JobID: 'j-1' },
    { ID: 'e-2', JobID: 'j-1' },
  ]
  const logged = [
    { ...first, ...state('Running') },
    { ...first, ...state(lostState) },
  ]
  async function* logs(_id: string, query: LogQuery, _signal: AbortSignal, tell: TellReader): AsyncGenerator<LogChunk> {
    asked.push(query)
    yield { stream: 1, bytes: Buffer.from(query.executionId === 'e-1' ? 'a\n' : 'b\n') }
    if (query.executionId !== 'e-1') return
    tell('Node n-1 is away.')
    throw away
  }
  const jobs = partOf<JobsApi>({
    resolve: async () => 'j-1',
    get: async () => ({ Version: 1 }),
    logged: async () => logged.shift(),
    successor: async (_id: string, of: string) =>
      of === 'e-1' && hasNext ? { ...next, ...state('Running') } : undefined,
    logs,
  })
  const told: string[] = []
  const read = async (query: Parameters<typeof logFrames>[2]) => {
    let text = ''
    const frames = logFrames(jobs, 'j-1', query, new AbortController().signal, (note) => void told.push(note))
    for await (const frame of frames) text += (JSON.parse(frame) as LogFrame).value.Line
    return text
  }
  return { read, told, asked }
}

it('output of an execution whose node is lost is followed by that of the one in its place, and the reader is told', async () => {
  const { read, told, asked } = rig({ lostState: 'Failed', hasNext: true })
  expect(await read({ follow: true, resumable: true, grep: '.', skip_stdout: 0n })).toBe('a\nb\n')
  expect(told).toEqual(['Node n-1 is away.', 'node n-1 cannot be reached.'])
  expect(asked.at(-1)).toMatchObject({ executionId: 'e-2', grep: '.', isFollowing: true, isTail: false })
})

it.each<[string, Parameters<typeof rig>[0], Parameters<typeof logFrames>[2]]>([
  ['there is none in its place', { lostState: 'Failed', hasNext: false }, { follow: true, resumable: true }],
  ['it may still run', { lostState: 'Running', hasNext: true }, { follow: true, resumable: true }],
  [
    'it was asked for by name',
    { lostState: 'Failed', hasNext: true },
    { follow: true, resumable: true, execution_id: 'e-1' },
  ],
  ['its reader cannot be told', { lostState: 'Failed', hasNext: true }, { follow: true }],
])('that a node is lost is the end when %s', async (_why, world, query) => {
  await expect(rig(world).read(query)).rejects.toBe(away)
})

it('a reader that cannot be told of it is not told', async () => {
  const { read, told } = rig({ lostState: 'Failed', hasNext: true })
  await expect(read({ follow: true })).rejects.toBe(away)
  expect(told).toEqual([])
})

it('a pattern that is none, or too long to be one, is refused', async () => {
  const { read } = rig({ lostState: 'Failed', hasNext: false })
  await expect(read({ grep: 'a(' })).rejects.toMatchObject({ code: 'BadRequest' })
  await expect(rig({ lostState: 'Failed', hasNext: false }).read({ grep: 'x'.repeat(1_001) })).rejects.toMatchObject({
    message: 'a pattern has 1000 characters at most',
  })
})

/** A running program whose node says where its output stands. */
function running(said: (query: LogQuery) => readonly LogChunk[] | Promise<readonly LogChunk[]>) {
  const asked: LogQuery[] = []
  async function* logs(_id: string, query: LogQuery): AsyncGenerator<LogChunk> {
    asked.push(query)
    yield* await said(query)
  }
  const execution = { ID: 'e-1', JobID: 'j-1', ...state('Running') }
  const jobs = { resolve: async () => 'j-1', get: async () => ({ Version: 1 }), logged: async () => execution, logs }
  const frames = async (query: Parameters<typeof logFrames>[2]) => {
    const all = logFrames(jobs as unknown as JobsApi, 'j-1', query, new AbortController().signal, () => {})
    return (await Array.fromAsync(all)).map((frame) => JSON.parse(frame) as LogFrame)
  }
  return { frames, asked }
}
const tail = { follow: true, tail: true, resumable: true }

it('"from now on" begins where the node says that the output stands, and is gone on with from there [R20]', async () => {
  const standing = ([1, 2] as const).map((stream) => ({ stream, bytes: new Uint8Array(), end: 1_000 * stream }))
  const { frames, asked } = running(({ isTail }) =>
    isTail ? standing : [{ stream: 1, bytes: Buffer.from('new\n'), end: 1_004 }],
  )
  const [, position, line] = await frames(tail)
  expect(position?.Position).toEqual({ ExecutionID: 'e-1', Stdout: 0, Stderr: 0, FromStdout: 1_000, FromStderr: 2_000 })
  expect(line?.value.Line).toBe('new\n')
  expect(asked.map(({ isTail, after }) => [isTail, after])).toEqual([
    [true, undefined],
    [false, { 1: 1_000, 2: 2_000 }],
  ])
  const rest = {
    follow: true,
    resumable: true,
    from_execution: 'e-1',
    skip_stdout: 2n,
    from_stdout: 1_000n,
    from_stderr: 2_000n,
  }
  const [, again, end] = await frames({ ...rest, execution_id: 'e-1' })
  expect([again?.Position?.FromStdout, again?.Position?.Stdout, end?.value.Line]).toEqual([1_000, 2, 'w\n'])
})

it('"from now on" is counted where a node does not say where its output stands', async () => {
  const { frames } = running(({ isTail, isFollowing }) => {
    const bytes = Buffer.from(isFollowing ? 'old\nnew\n' : 'old\n')
    return isTail ? [] : [{ stream: 1, bytes }]
  })
  const [, position, line] = await frames(tail)
  expect([position?.Position, line?.value.Line]).toEqual([{ ExecutionID: 'e-1', Stdout: 4, Stderr: 0 }, 'new\n'])
})

it('a reader that wants bytes gets them as they were printed, and comes back to a byte without all before it [R20]', async () => {
  const { frames, asked } = running(({ after }) => [
    { stream: 1, bytes: Buffer.from([0xff, 0, 0xe2]).subarray(after?.[1] ?? 0) },
  ])
  const bytes = { follow: true, resumable: true, bytes: true }
  const printed = (all: readonly LogFrame[]) => all.flatMap(({ value }) => value.Bytes ?? [])
  expect(printed(await frames(bytes))).toEqual([Buffer.from([0xff, 0, 0xe2]).toString('base64')])
  expect(asked).toEqual([{ executionId: 'e-1', isFollowing: true, isTail: false }])
  const later = { ...bytes, execution_id: 'e-1', from_stdout: 1n, skip_stdout: 1n }
  expect(printed(await frames(later))).toEqual([Buffer.from([0xe2]).toString('base64')])
  expect(asked[1]?.after).toEqual({ 1: 2, 2: 0 })
})

/** Lines of a service of which its node keeps the newest, each with where it ends. */
const lines = Array.from({ length: 9 }, (_, at): LogChunk => {
  const bytes = Buffer.from(at % 2 === 0 ? `yes ${at}\n` : `no ${at}\n`)
  return { stream: at % 3 === 2 ? 2 : 1, bytes, timeMs: at }
})
const ends = { 1: 0, 2: 0 }
for (const line of lines) line.end = ends[line.stream] += line.bytes.length

it.each([
  ['lines that match', { grep: 'yes', bytes: true }],
  ['lines that match, as text', { grep: 'yes' }],
  ['what was printed since a time', { since: 1_000_000n, bytes: true }],
])(
  '%s are gone on with after any of them, also when the oldest output has gone meanwhile [R20]',
  async (_what, query) => {
    const follow = { follow: true, resumable: true, ...query }
    const printed = ({ value }: LogFrame) =>
      value.Type + Buffer.from(value.Bytes ?? value.Line, value.Bytes ? 'base64' : 'utf8').toString()
    let oldest = 0
    const { frames } = running(({ executionId: _id, isFollowing: _following, isTail: _tail, ...selection }) =>
      Array.fromAsync(selectedOutput(each(lines.slice(oldest)), selection)),
    )
    const all = (await frames(follow)).filter(({ value }) => value.Type !== 0).map(printed)
    expect(all.length).toBeGreaterThan(4)
    for (let had = 1; had <= all.length; had += 1) {
      oldest = 0
      const seen: string[] = []
      let position = { Stdout: 0, Stderr: 0, FromStdout: 0, FromStderr: 0 }
      for (const frame of await frames(follow)) {
        if (seen.length === had && !frame.Position) break
        if (frame.Position) position = { FromStdout: 0, FromStderr: 0, ...frame.Position }
        else if (frame.value.Type !== 0) {
          seen.push(printed(frame))
          position[frame.value.Type === 1 ? 'Stdout' : 'Stderr'] += printed(frame).length - 1
        }
      }
      // What the reader has is what has gone.
      oldest = lines.findIndex(({ bytes, stream }) => stream + String(bytes) === seen.at(-1)) + 1
      const rest = await frames({
        ...follow,
        from_execution: 'e-1',
        execution_id: 'e-1',
        skip_stdout: BigInt(position.Stdout),
        skip_stderr: BigInt(position.Stderr),
        from_stdout: BigInt(position.FromStdout),
        from_stderr: BigInt(position.FromStderr),
      })
      expect([...seen, ...rest.filter(({ value }) => value.Type !== 0).map(printed)]).toEqual(all)
    }
  },
)

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

it('that only the beginning of an output is left is told once, though both of its streams are read', async () => {
  async function* logs(
    _id: string,
    _query: LogQuery,
    _signal: AbortSignal,
    tell: TellReader,
  ): AsyncGenerator<LogChunk> {
    yield { stream: 1, bytes: Buffer.from('out\n') }
    yield { stream: 2, bytes: Buffer.from('err\n') }
    tell('Only its beginning is left.')
  }
  const execution = { ID: 'e-1', JobID: 'j-1', ...state('Completed') }
  const jobs = { resolve: async () => 'j-1', get: async () => ({ Version: 1 }), logged: async () => execution, logs }
  const told: string[] = []
  const { signal } = new AbortController()
  let text = ''
  for await (const frame of logFrames(
    partOf<JobsApi>(jobs),
    'j-1',
    { resumable: true },
    signal,
    (note) => void told.push(note),
  ))
    text += (JSON.parse(frame) as LogFrame).value.Line
  expect([text, told]).toEqual(['out\nerr\n', ['Only its beginning is left.']])
})
