import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { MemorySink } from '../../../test/kit/memory-sink.ts'
import type { DockerApi } from './api.ts'
import { ContainerOutput } from './container-output.ts'

const frame = (kind: number, text: string): Buffer => {
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}
const kept = [frame(1, 'one\n'), frame(2, 'bad\n'), frame(1, 'two\n'), frame(1, 'three\n')]
const never = new AbortController().signal
const apiThatKeeps = (frames: Buffer[]) => ({ stream: async () => Readable.from(frames) }) as unknown as DockerApi

describe('ContainerOutput', () => {
  it('goes on from the engine’s copy where a live stream broke, without loss or repetition', async () => {
    const sink = new MemorySink()
    const output = new ContainerOutput(apiThatKeeps(kept), 'c', sink)
    const broken = new Readable({ read() {} })
    broken.push(kept[0])
    broken.push(kept[1])
    broken.push(kept[2]?.subarray(0, 10))
    setImmediate(() => broken.destroy(new Error('the connection broke')))
    expect(await output.copyLive(broken)).toBe(false)
    await output.copyKept(never)
    expect([sink.stdout, sink.stderr]).toEqual(['one\ntwo\nthree\n', 'bad\n'])
  })

  it('leaves out what the sink has from before', async () => {
    const sink = new MemorySink({ earlierBytes: { 1: 6, 2: 4 } })
    await new ContainerOutput(apiThatKeeps(kept), 'c', sink).copyKept(never)
    expect([sink.stdout, sink.stderr]).toEqual(['o\nthree\n', ''])
  })

  it('reads what the engine left out at the end of a copy that it was following', async () => {
    const sink = new MemorySink({ earlierBytes: { 1: 4, 2: 0 } })
    const answers = [kept.slice(0, 3), kept]
    const api = { stream: async () => Readable.from(answers.shift() ?? []) } as unknown as DockerApi
    const output = new ContainerOutput(api, 'c', sink)
    await output.followKept(never)
    await output.copyKept(never)
    expect([sink.stdout, sink.stderr]).toEqual(['two\nthree\n', 'bad\n'])
  })

  it('says that the engine has kept less than was given', async () => {
    const copied = (earlier: number) =>
      new ContainerOutput(apiThatKeeps(kept), 'c', new MemorySink({ earlierBytes: { 1: earlier, 2: 0 } })).copyKept(
        never,
      )
    expect([await copied(14), await copied(15)]).toEqual([false, true])
  })

  it('says that a stream of something else came to no proper end', async () => {
    const output = new ContainerOutput(apiThatKeeps([]), 'c', new MemorySink())
    expect(await output.copyLive(Readable.from([Buffer.from('no frames at all')]))).toBe(false)
  })
})
