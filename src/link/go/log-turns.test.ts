import { describe, expect, it } from 'vitest'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { Clock } from '#lib/clock.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { GoLogStreams } from './log-streams.ts'
import { LogTurns } from './log-turns.ts'

const chunk = (text: string): LogChunk => ({ stream: 1, bytes: Buffer.from(text) })
const settled = () => new Promise((done) => setImmediate(done))

/** A node that prints `a`, `b`, `c`, … of each stream as it is told to, from the start at each request. */
const rig = () => {
  const due: (() => void)[] = []
  const after = (_ms: number, run: () => void) => {
    due.push(run)
    return { stop: () => void due.splice(due.indexOf(run), 1) }
  }
  const open = new Map<string, { printed: number; wake: () => void }>()
  const state = { most: 0, asked: [] as string[] }
  const printed = new Map<string, number>()
  async function* read(_subject: string, body: string, signal: AbortSignal) {
    const { Name, Follow } = JSON.parse(body) as { Name: string; Follow: boolean }
    const stream = { printed: 0, wake: () => {} }
    open.set(Name, stream)
    state.asked.push(Name)
    state.most = Math.max(state.most, open.size)
    signal.addEventListener('abort', () => stream.wake())
    try {
      while (!signal.aborted) {
        if (stream.printed < (printed.get(Name) ?? 0)) yield chunk('abcdef'[stream.printed++] as string)
        else if (!Follow) return
        else await new Promise<void>((resolve) => (stream.wake = resolve))
      }
    } finally {
      open.delete(Name)
    }
  }
  const turns = new LogTurns(
    { read } as Partial<GoLogStreams> as GoLogStreams,
    { after } as Partial<Clock> as Clock,
    '',
  )
  const print = async (name: string) => {
    printed.set(name, (printed.get(name) ?? 0) + 1)
    open.get(name)?.wake()
    await settled()
  }
  const pass = async () => {
    for (const run of due.slice()) run()
    await settled()
    await settled()
  }
  const reader = (Name: string, query = whole) => {
    const got: string[] = []
    const end = new AbortController()
    const over = (async () => {
      for await (const { bytes } of turns.read({ Name }, query, end.signal))
        if (bytes.length > 0) got.push(String(bytes))
    })()
    return { got, end, over }
  }
  return { turns, state, print, pass, reader }
}

const whole = { executionId: 'e-1' as ExecutionId, isFollowing: true, isTail: false }

describe('output of one Go node [R20]', () => {
  it('is read by one after the other, each goes on where it was', async () => {
    const { state, print, pass, reader } = rig()
    const one = reader('one')
    const other = reader('other')
    await print('one')
    await print('other')
    expect([one.got, other.got]).toEqual([['a'], []])
    await pass()
    expect([one.got, other.got]).toEqual([['a'], ['a']])
    await print('one')
    await pass()
    expect([one.got, other.got]).toEqual([['a', 'b'], ['a']])
    expect(state.most).toBe(1)
    for (const { end, over } of [one, other]) {
      end.abort()
      await over
    }
  })

  it('is not broken off when nobody else waits', async () => {
    const { state, print, pass, reader } = rig()
    const one = reader('one')
    await settled()
    await pass()
    await print('one')
    expect(one.got).toEqual(['a'])
    expect(state.asked).toEqual(['one'])
    const late = reader('late')
    await print('late')
    await settled()
    expect(late.got).toEqual(['a'])
    late.end.abort()
    one.end.abort()
    await Promise.all([late.over, one.over])
  })

  it('is left to the others by who waits no longer', async () => {
    const { state, print, pass, reader } = rig()
    const [one, gone, last] = [reader('one'), reader('gone'), reader('last')]
    await settled()
    gone.end.abort()
    await gone.over
    await print('last')
    await pass()
    expect(last.got).toEqual(['a'])
    expect(state.asked).toEqual(['one', 'last'])
    last.end.abort()
    one.end.abort()
    await Promise.all([last.over, one.over])
  })

  it('waits while the node is asked for something else', async () => {
    const { turns, state, print, reader } = rig()
    const one = reader('one')
    await print('one')
    const answer = Promise.withResolvers<string>()
    const asked = turns.withoutStreams(() => answer.promise)
    await print('one')
    expect(one.got).toEqual(['a'])
    answer.resolve('yes')
    expect(await asked).toBe('yes')
    await settled()
    expect(one.got).toEqual(['a', 'b'])
    expect(state.asked).toEqual(['one', 'one'])
    one.end.abort()
    await one.over
  })

  it('is followed from now on without what was printed before, and with what is printed between two turns', async () => {
    const { print, pass, reader } = rig()
    await print('one')
    const one = reader('one', { ...whole, isTail: true })
    await settled()
    await print('one')
    expect(one.got).toEqual(['b'])
    const other = reader('other')
    await pass()
    await print('other')
    expect(other.got).toEqual(['a'])
    await print('one')
    expect(one.got).toEqual(['b'])
    await pass()
    expect(one.got).toEqual(['b', 'c'])
    for (const { end, over } of [one, other]) {
      end.abort()
      await over
    }
  })
})
