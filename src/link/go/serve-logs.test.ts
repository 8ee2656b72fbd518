import { describe, expect, it } from 'vitest'
import type { Bus, BusMessage } from '#contracts/bus.ts'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { serveGoLogs } from './serve-logs.ts'

const settled = () => new Promise((done) => setImmediate(done))
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')

type Asked = (question: any) => object

/** A reader of logs on the other side; time passes when `pass` says so. */
function rig(chunks: (signal: AbortSignal) => AsyncIterable<LogChunk>, isRead: Asked) {
  const got: any[] = []
  const questions: any[] = []
  const due: (() => void)[] = []
  let serve: (message: BusMessage) => void = () => {}
  const bus = {
    publish: (_subject: string, payload: Uint8Array) => void got.push(JSON.parse(String(Buffer.from(payload)))),
    request: async (_subject: string, payload: Uint8Array) => {
      const question = JSON.parse(String(Buffer.from(payload)))
      questions.push(question)
      return Buffer.from(JSON.stringify(isRead(question)))
    },
    subscribe: (_subject: string, handler: (message: BusMessage) => void) => {
      serve = handler
      return { stop: () => {} }
    },
  } as Partial<Bus> as Bus
  const sleep = (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      due.push(resolve)
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  const end = {
    readLogs: (_query: unknown, signal: AbortSignal) => chunks(signal),
  } as Partial<ComputeEnd> as ComputeEnd
  serveGoLogs(bus, { sleep } as Partial<Clock> as Clock, 'n-1', end)
  const ask = (body: object = { ExecutionID: 'e-1', Follow: true }) => {
    const request = {
      consumerId: '_SINBOX.c.',
      streamId: 's1',
      heartBeatRequestSub: '_HEARTBEAT._SINBOX.c',
      body: base64(body),
    }
    const subject = 'node.compute.n-1.ExecutionLogs/v1'
    serve({ subject, payload: Buffer.from(JSON.stringify(request)), reply: '_SINBOX.c.s1' })
  }
  const lines = () =>
    got.filter(({ type }) => type === 1).map(({ data }) => JSON.parse(String(Buffer.from(data, 'base64'))).value)
  return { ask, got, lines, questions, pass: () => due.splice(0).forEach((run) => run()) }
}

const wanted: Asked = () => ({ NonActiveStreamIds: {} })
async function* from(chunks: LogChunk[]): AsyncIterable<LogChunk> {
  yield* chunks
}
/** Says nothing until it is not read any more. */
async function* silent(signal: AbortSignal): AsyncIterable<LogChunk> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  yield* []
}

describe('output for an orchestrator of Go', () => {
  it('keeps a character whole that the pieces cut in two', async () => {
    const bytes = Buffer.from('grün\n')
    const { ask, got, lines } = rig(
      () => from([0, 3].map((at, i) => ({ stream: 1, bytes: bytes.subarray(at, i === 0 ? 3 : 9) }))),
      wanted,
    )
    ask()
    await settled()
    expect(
      lines()
        .map(({ Line }) => Line)
        .join(''),
    ).toBe('grün\n')
    expect(got.at(-1)).toEqual({ type: 2, closeError: { Code: 1000, Text: '' } })
  })

  it('asks every while whether it is still read, and ends when it is not', async () => {
    let isEnded = false
    const { ask, pass, questions } = rig(
      async function* (signal) {
        yield* silent(signal)
        isEnded = true
      },
      () => (questions.length < 2 ? { NonActiveStreamIds: {} } : { NonActiveStreamIds: { x: ['s1'] } }),
    )
    ask()
    for (let n = 1; n <= 2; n++) {
      expect(isEnded).toBe(false)
      pass()
      await settled()
      expect(questions).toHaveLength(n)
    }
    expect(questions[0]).toEqual({ ActiveStreamIds: { 'node.compute.n-1.ExecutionLogs/v1': ['s1'] } })
    expect(isEnded).toBe(true)
  })

  it('stops when nobody answers that it is read', async () => {
    const { ask, got, lines } = rig(
      () => from(Array.from({ length: 200 }, () => ({ stream: 1 as const, bytes: Buffer.alloc(100_000, 'x') }))),
      () => {
        throw new Fault('Timeout', 'no answer')
      },
    )
    ask()
    await settled()
    // 4 MiB and the piece that was more.
    expect(lines().length).toBeLessThan(50)
    expect(got.every(({ type }) => type === 1)).toBe(true)
  })

  it.each([
    [{ ExecutionID: '../etc' }, 4000, /^error decoding : ExecutionID must be the id of an execution/],
    [{ ExecutionID: 'e-1', Follow: 'yes' }, 4000, /^error decoding : Follow must be true or false/],
    [{ ExecutionID: 'e-1' }, 5000, /^error in handler : execution not found/],
  ])('that cannot be given is refused: %j', async (body, code, text) => {
    const { ask, got } = rig(async function* () {
      yield* []
      throw new Fault('NotFound', 'execution not found: e-1')
    }, wanted)
    ask(body)
    await settled()
    expect(got).toHaveLength(1)
    expect(got[0].closeError.Code).toBe(code)
    expect(got[0].closeError.Text).toMatch(text)
  })
})
