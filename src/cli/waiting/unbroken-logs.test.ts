import { expect, it } from 'vitest'
import type { LogFrame } from '#api/job-streams.ts'
import type { Client } from '#client/client.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { unbrokenLogs } from './unbroken-logs.ts'

type Asked = NonNullable<Parameters<Client['jobs']['logs']>[1]>
/** What one connection brings, and the seconds of silence after each frame; without an end it breaks. */
type Line = {
  readonly frames: readonly LogFrame[]
  readonly isEnd?: boolean
  readonly heldMs?: number
  readonly silencesMs?: readonly number[]
}

const at = (ExecutionID: string, Stdout = 0, Stderr = 0): LogFrame => ({
  value: { Type: 0, Line: '' },
  Position: { ExecutionID, Stdout, Stderr },
})
const out = (Line: string): LogFrame => ({ value: { Type: 1, Line } })
const err = (Line: string): LogFrame => ({ value: { Type: 2, Line } })
const refused: Line = { frames: [] }

/** A clock that only passes when it is told to. */
function handClock(pauses: number[]) {
  let nowMs = 0
  const timers = new Set<{ readonly atMs: number; run(): void }>()
  const clock = partOf<Clock>({
    monotonicMs: () => nowMs,
    sleep: async (ms: number) => void pauses.push(ms),
    after: (ms: number, run: () => void) => {
      const timer = { atMs: nowMs + ms, run }
      timers.add(timer)
      return { stop: () => timers.delete(timer) }
    },
  })
  const pass = (ms: number): void => {
    nowMs += ms
    for (const timer of timers) if (timer.atMs <= nowMs && timers.delete(timer)) timer.run()
  }
  return { clock, pass }
}

async function followed(lines: readonly Line[], query: Asked = { follow: true }, isThere = false) {
  const asked: Asked[] = []
  const told = {
    text: '',
    pauses: [] as number[],
    breaks: [] as string[],
    notes: [] as string[],
    mends: 0,
    successors: 0,
  }
  const { clock, pass } = handClock(told.pauses)
  async function* logs(_id: string, one: Asked, signal: AbortSignal): AsyncGenerator<LogFrame> {
    const line = lines[Math.min(asked.length, lines.length - 1)] ?? refused
    const { frames, isEnd = false, heldMs = 0, silencesMs = [] } = line
    asked.push(one)
    for (const [at, frame] of frames.entries()) {
      yield frame
      pass(silencesMs[at] ?? 0)
      signal.throwIfAborted()
    }
    pass(heldMs)
    if (!isEnd) throw new Fault('ServiceUnavailable', 'it broke', { isRetryable: true })
  }
  const end = await (async () => {
    const frames = unbrokenLogs('j-1', query, {
      client: partOf<Client>({ jobs: { logs } }),
      clock,
      signal: new AbortController().signal,
      isThere,
      onBreak: (reason) => void told.breaks.push(reason),
      onMend: () => void (told.mends += 1),
      onSuccessor: () => void (told.successors += 1),
      onNote: (note) => void told.notes.push(note),
    })
    for await (const { value } of frames) told.text += value.Line
  })().catch((error: Error) => error.message)
  return { ...told, asked, end }
}

it('a followed output goes on where each of its streams stood when the line broke, of the same execution', async () => {
  const { text, asked, breaks, mends } = await followed([
    { frames: [at(''), at('e-1'), out('eins\n'), err('zwölf 🐟\n'), out('zw')] },
    { frames: [at(''), at('e-1', 7, 9), out('ei\n')] },
    { frames: [at('')] },
    { frames: [at('e-1', 10, 9), err('end\n')], isEnd: true },
  ])
  expect(text).toBe('eins\nzwölf 🐟\nzwei\nend\n')
  expect(asked).toEqual([
    { follow: true, resumable: true, bytes: true },
    {
      follow: true,
      resumable: true,
      bytes: true,
      tail: false,
      from_execution: 'e-1',
      skip_stdout: 7n,
      skip_stderr: 9n,
    },
    { ...asked[1], skip_stdout: 10n, skip_stderr: 9n },
    { ...asked[1], skip_stdout: 10n, skip_stderr: 9n },
  ])
  expect([breaks, mends]).toEqual([Array(3).fill('it broke'), 3])
})

it('an execution that failed meanwhile is followed by the one in its place, from its beginning, and that is told', async () => {
  const { text, asked, successors } = await followed([
    { frames: [at(''), at('e-1'), out('a\n')] },
    { frames: [at('e-1', 2), at('e-2'), out('a\n')] },
    { frames: [at('e-2', 2), out('b\n')], isEnd: true },
  ])
  expect([text, successors]).toEqual(['a\na\nb\n', 1])
  expect(asked[2]).toMatchObject({ from_execution: 'e-2', skip_stdout: 2n })
})

it('what is printed from now on goes on from there, and not from the next now', async () => {
  const lines = [
    { frames: [at(''), at('e-1', 1_000, 20), out('new\n')] },
    { frames: [at('e-1', 1_004, 20)], isEnd: true },
  ]
  const { asked } = await followed(lines, { follow: true, tail: true })
  expect(asked[1]).toMatchObject({ tail: false, skip_stdout: 1_004n, skip_stderr: 20n })
})

it('where what is new began is told again to the server', async () => {
  const begin: LogFrame = {
    value: { Type: 0, Line: '' },
    Position: { ...at('e-1').Position!, FromStdout: 70, FromStderr: 8 },
  }
  const lines = [{ frames: [at(''), begin, out('new\n')] }, { frames: [begin], isEnd: true }]
  const { asked } = await followed(lines, { follow: true, tail: true })
  expect(asked[1]).toMatchObject({ tail: false, skip_stdout: 4n, from_stdout: 70n, from_stderr: 8n })
})

it('a job that waits for its first execution is followed anew, as it was asked for', async () => {
  const { asked, end } = await followed([{ frames: [at('')] }, { frames: [at('')], isEnd: true }], { tail: true })
  expect(asked).toEqual([
    { tail: true, resumable: true, bytes: true },
    { tail: true, resumable: true, bytes: true },
  ])
  expect(end).toBeUndefined()
})

it('a server that stays away is given up, after ever longer pauses that begin anew with each line that holds', async () => {
  const { end, pauses, breaks } = await followed([
    { frames: [at('e-1')] },
    refused,
    { frames: [at('e-1')], heldMs: 60_000 },
    refused,
  ])
  expect(end).toBe('it broke')
  expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 1_000, 2_000])
  expect(pauses).toHaveLength(11)
  expect(breaks).toHaveLength(2)
})

it('a line that only opens and breaks at once is given up too', async () => {
  expect((await followed([{ frames: [at('e-1')] }])).pauses).toHaveLength(9)
})

it('a server that was never there is an error at once, unless it has just taken the job', async () => {
  expect(await followed([refused])).toMatchObject({ end: 'it broke', pauses: [], breaks: [] })
  const taken = await followed([refused, { frames: [at('e-1')], isEnd: true }], { follow: true }, true)
  expect(taken).toMatchObject({ end: undefined, pauses: [1_000], mends: 1 })
})

it('a server that does not tell where its output stands cannot go on: what breaks is an error', async () => {
  const lines = [{ frames: [out('some\n')] }]
  expect(await followed(lines, { follow: true }, true)).toMatchObject({ end: 'it broke', text: 'some\n', pauses: [] })
})

it('what the server says of the stream is told, and is no output', async () => {
  const away: LogFrame = { value: { Type: 0, Line: '' }, Note: 'Node n-1 is away.' }
  const { text, notes } = await followed([{ frames: [at('e-1'), out('a\n'), away, out('b\n')], isEnd: true }])
  expect([text, notes]).toEqual(['a\nb\n', ['Node n-1 is away.']])
})

const alive: LogFrame = { value: { Type: 0, Line: '' } }

it('a line that is silent for longer than its signs of life are apart is dead, and is left for another one', async () => {
  const { breaks, mends, text, end } = await followed([
    { frames: [at('e-1'), alive, alive, out('a\n'), alive], silencesMs: [30_000, 30_000, 60_000, 30_000, 75_000] },
    { frames: [at('e-1', 2), out('b\n')], isEnd: true },
  ])
  expect({ breaks, mends, text, end }).toEqual({
    breaks: ['nothing was heard from the server for 75s'],
    mends: 1,
    text: 'a\nb\n',
    end: undefined,
  })
})

it('a server that gives no signs of life may be silent', async () => {
  const { text, breaks } = await followed([{ frames: [out('a\n')], silencesMs: [900_000], isEnd: true }])
  expect([text, breaks]).toEqual(['a\n', []])
})
