import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { MemorySink } from '../../../test/kit/memory-sink.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import type { DockerApi } from './api.ts'
import { ContainerOutput } from './container-output.ts'

const frame = (kind: number, text: string): Buffer => {
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}
const kept = [frame(1, 'one\n'), frame(2, 'bad\n'), frame(1, 'two\n'), frame(1, 'three\n')]
const never = new AbortController().signal
const apiThatKeeps = (frames: Buffer[]) => partOf<DockerApi>({ stream: async () => Readable.from(frames) })
const clock = new StepClock()
const outputOf = (api: DockerApi, sink: MemorySink, onGap = () => {}, engineKeepsBytes = 1_000) =>
  new ContainerOutput({ api, clock, id: 'c', sink, engineKeepsBytes, onGap })

describe('ContainerOutput', () => {
  it('goes on from the engine’s copy where a live stream broke, without loss or repetition', async () => {
    const sink = new MemorySink()
    const output = outputOf(apiThatKeeps(kept), sink)
    const broken = new Readable({ read() {} })
    broken.push(kept[0])
    broken.push(kept[1])
    broken.push(kept[2]?.subarray(0, 10))
    setImmediate(() => broken.destroy(new Error('the connection broke')))
    expect(await output.copyLive(broken)).toBe(false)
    await output.copyKept(never, true)
    expect([sink.stdout, sink.stderr]).toEqual(['one\ntwo\nthree\n', 'bad\n'])
  })

  it('leaves out what the sink has from before', async () => {
    const sink = new MemorySink({ earlierBytes: { 1: 6, 2: 4 } })
    await outputOf(apiThatKeeps(kept), sink).copyKept(never, true)
    expect([sink.stdout, sink.stderr]).toEqual(['o\nthree\n', ''])
  })

  it('reads what the engine left out at the end of a copy that it was following', async () => {
    const sink = new MemorySink({ earlierBytes: { 1: 4, 2: 0 } })
    const answers = [kept.slice(0, 3), kept]
    const stream = async (_method: string, _path: string, { query }: { query: { timestamps?: number } }) =>
      Readable.from(query.timestamps ? [] : (answers.shift() ?? []))
    const api = partOf<DockerApi>({ stream })
    const output = outputOf(api, sink)
    await output.followKept(never)
    await output.copyKept(never, true)
    expect([sink.stdout, sink.stderr]).toEqual(['two\nthree\n', 'bad\n'])
  })

  it('does not wait for an engine that forgets to end its stream, or to begin it, once the container has ended', async () => {
    const clock = new StepClock()
    const sink = new MemorySink()
    const open = new Readable({ read() {} })
    open.push(kept[0])
    const unanswered = Promise.withResolvers<Readable>()
    const answers = [unanswered.promise, Readable.from(kept)]
    const stream: DockerApi['stream'] = async (_method, _path, options) => {
      const { signal } = options ?? {}
      signal?.addEventListener('abort', () => unanswered.reject(signal.reason))
      return answers.shift() as never
    }
    const output = new ContainerOutput({
      api: partOf<DockerApi>({ stream }),
      clock,
      id: 'c',
      sink,
      engineKeepsBytes: 1_000,
      onGap: () => {},
    })
    const copied = output.copyLive(open)
    await expect.poll(() => sink.stdout).toBe('one\n')
    clock.goTo(60_000)
    const last = output.lastOf(copied)
    clock.goTo(69_999)
    expect(open.destroyed).toBe(false)
    clock.goTo(70_000)
    expect(await last).toBe(false)
    const following = output.lastOf(output.followKept(never))
    await expect.poll(() => answers.length).toBe(1)
    clock.goTo(90_000)
    await following
    await output.copyKept(never, true)
    expect([sink.stdout, sink.stderr, clock.pending]).toEqual(['one\ntwo\nthree\n', 'bad\n', 0])
  })

  it('does not wait for it either when it looks how far back its copy goes', async () => {
    const clock = new StepClock()
    const silent = new Readable({ read() {} })
    const answers = [silent, Readable.from(kept)]
    const api = partOf<DockerApi>({ stream: async () => answers.shift() as never })
    const sink = new MemorySink({ earlierBytes: { 1: 4, 2: 4 }, times: { firstMs: 1, lastMs: 2 } })
    const output = new ContainerOutput({ api, clock, id: 'c', sink, engineKeepsBytes: 1_000, onGap: () => {} })
    const following = output.lastOf(output.followKept(never))
    await expect.poll(() => answers.length).toBe(1)
    clock.goTo(20_000)
    await following
    expect([sink.stdout, silent.destroyed]).toEqual(['two\nthree\n', true])
  })

  describe('where the engine has let go of the beginning', () => {
    const times = { firstMs: Date.UTC(2026, 0, 1, 12), lastMs: Date.UTC(2026, 0, 1, 13) }
    /** An engine whose oldest line is of this time, and that has this since a time. */
    function engine(oldest: string, since: Buffer[]) {
      const asked: unknown[] = []
      const stream = async (_method: string, _path: string, { query }: { query: Record<string, unknown> }) => {
        asked.push(query['since'])
        if (query['timestamps']) return Readable.from([frame(1, `${oldest} one\n`)])
        return Readable.from(query['since'] === undefined ? kept : since)
      }
      return { api: { stream } as unknown as DockerApi, asked }
    }
    const sinkOf = (earlier: number) => new MemorySink({ earlierBytes: { 1: earlier, 2: 4 }, times })

    it('goes on from the time of what was given last, and says that some may be missing', async () => {
      const { api, asked } = engine('2026-01-01T12:30:00.123456789Z', [frame(1, 'new\n')])
      const sink = sinkOf(8)
      const onGap = vi.fn<() => void>()
      const output = outputOf(api, sink, onGap)
      await output.followKept(never)
      expect([sink.stdout, asked.at(-1), onGap.mock.calls.length]).toEqual(['new\n', '1767272400.001', 1])
      // What was given since is counted from there.
      await output.copyKept(never, false)
      expect([sink.stdout, asked.at(-1)]).toEqual(['new\n', '1767272400.001'])
    })

    it('knows it also by how much was given', async () => {
      const { api } = engine('2026-01-01T12:00:00Z', [frame(1, 'new\n')])
      const sink = sinkOf(1_000)
      const onGap = vi.fn<() => void>()
      await outputOf(api, sink, onGap).followKept(never)
      expect([sink.stdout, onGap.mock.calls.length]).toEqual(['new\n', 1])
    })

    it('counts where the beginning is there', async () => {
      const { api } = engine('2026-01-01T12:00:00.5Z', [frame(1, 'never\n')])
      const sink = sinkOf(8)
      const onGap = vi.fn<() => void>()
      await outputOf(api, sink, onGap).followKept(never)
      expect([sink.stdout, onGap.mock.calls.length]).toEqual(['three\n', 0])
    })
  })

  it('says that a stream of something else came to no proper end', async () => {
    const output = outputOf(apiThatKeeps([]), new MemorySink())
    expect(await output.copyLive(Readable.from([Buffer.from('no frames at all')]))).toBe(false)
  })
})
