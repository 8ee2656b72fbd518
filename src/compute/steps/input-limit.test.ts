import { describe, expect, it } from 'vitest'
import type { Clock } from '#lib/clock.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import type { ExecutionDirectories } from '../directories.ts'
import { withinDisk } from './input-limit.ts'

const never = new AbortController().signal

/** Inputs that take as many bytes as is said, and a clock whose timers run when they are told to. */
function world(Disk: number) {
  const inputs = { bytes: 0, lookMs: 0 }
  const due: (() => void)[] = []
  const pauses: number[] = []
  let nowMs = 0
  const after = (ms: number, run: () => void) => {
    pauses.push(ms)
    due.push(run)
    return { stop: () => void due.splice(due.indexOf(run), 1) }
  }
  const context = {
    directories: partOf<ExecutionDirectories>({
      inputBytes: async () => {
        nowMs += inputs.lookMs
        return inputs.bytes
      },
    }),
    resources: { Disk, CPU: 0, Memory: 0, GPU: 0 },
    clock: partOf<Clock>({ after, monotonicMs: () => nowMs }),
  }
  return { inputs, due, pauses, context }
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))

describe('inputs that take more disk than was asked for', () => {
  it('are broken off on their way here, when together they are too much [X6]', async () => {
    const { inputs, due, context } = world(100)
    const fetching = withinDisk(context, never, untilAborted)
    inputs.bytes = 90
    due.shift()?.()
    await expect.poll(() => due.length).toBe(1)
    inputs.bytes = 200
    due.shift()?.()
    await expect(fetching).rejects.toThrow('inputs take 200 bytes of disk, 100 allowed')
    expect(due).toEqual([])
  })

  it('are looked at more seldom when they are so many that a look takes long', async () => {
    const { inputs, due, pauses, context } = world(100)
    const stop = new AbortController()
    const fetching = withinDisk(context, stop.signal, untilAborted)
    inputs.lookMs = 3_000
    due.shift()?.()
    await expect.poll(() => pauses).toEqual([1_000, 30_000])
    stop.abort()
    await expect(fetching).rejects.toThrow('aborted')
  })

  it('are refused when they are there [X6]', async () => {
    const { inputs, due, context } = world(100)
    const fetching = withinDisk(context, never, async () => {
      inputs.bytes = 101
    })
    await expect(fetching).rejects.toMatchObject({
      code: 'ResourceExhausted',
      hint: expect.stringMatching(/more disk/),
    })
    expect(due).toEqual([])
  })

  it('are not looked at again when who brought them has counted them, which counts [X6]', async () => {
    const { inputs, context } = world(100)
    inputs.bytes = 101
    expect(
      await withinDisk(
        context,
        never,
        async () => 'fetched',
        () => 100,
      ),
    ).toBe('fetched')
    inputs.bytes = 0
    await expect(
      withinDisk(
        context,
        never,
        async () => 'fetched',
        () => 101,
      ),
    ).rejects.toThrow('inputs take 101 bytes')
  })

  it('are not looked at for a task that asked for none, and those that keep to it are given on', async () => {
    const { due, context } = world(0)
    expect(await withinDisk(context, never, async () => due.length)).toBe(0)
    expect(await withinDisk(world(1).context, never, async () => 'fetched')).toBe('fetched')
  })

  it('are broken off with what breaks off the run', async () => {
    const stop = new AbortController()
    const fetching = withinDisk(world(100).context, stop.signal, untilAborted)
    stop.abort()
    await expect(fetching).rejects.toThrow('aborted')
  })
})
