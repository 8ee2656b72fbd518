import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bus } from '#contracts/bus.ts'

export type BusPair = { one: Bus; other: Bus; close(): Promise<void> }

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (payload: Uint8Array): string => new TextDecoder().decode(payload)

/** What every bus promises, between two parties. */
export const busSuite = (name: string, open: () => Promise<BusPair>): void => {
  describe(name, () => {
    let pair: BusPair
    beforeEach(async () => {
      pair = await open()
    })
    afterEach(() => pair.close())

    const answering = (subject: string, answer: (payload: Uint8Array) => string) =>
      pair.other.subscribe(subject, ({ payload, reply }) => {
        if (reply) pair.other.publish(reply, bytes(answer(payload)))
      })
    /** The other side's subscription is known to the broker once a request through it is answered. */
    const settled = async (): Promise<void> => {
      answering('settle', () => 'ok')
      for (;;) {
        const answer = await pair.one.request('settle', bytes(''), 1_000).catch(() => undefined)
        if (answer) return
        await new Promise((resolve) => setImmediate(resolve))
      }
    }

    it('answers requests', async () => {
      answering('greet.world', (payload) => `hello ${text(payload)}`)
      await settled()
      expect(text(await pair.one.request('greet.world', bytes('you'), 50_000))).toBe('hello you')
    })

    it('gives each of many requests its own answer, in whatever order they come', async () => {
      const asked: { reply: string; question: string }[] = []
      pair.other.subscribe('late', ({ payload, reply = '' }) => {
        asked.unshift({ reply, question: text(payload) })
        if (asked.length === 50) for (const each of asked) pair.other.publish(each.reply, bytes(`of ${each.question}`))
      })
      await settled()
      const questions = Array.from({ length: 50 }, (_, n) => String(n))
      const answers = await Promise.all(questions.map((n) => pair.one.request('late', bytes(n), 50_000)))
      expect(answers.map(text)).toEqual(questions.map((n) => `of ${n}`))
    })

    it('delivers in the order of one sender and subject', async () => {
      const got: string[] = []
      const all = Promise.withResolvers<void>()
      pair.other.subscribe('numbers', ({ payload }) => {
        got.push(text(payload))
        if (got.length === 500) all.resolve()
      })
      await settled()
      for (let n = 0; n < 500; n++) pair.one.publish('numbers', bytes(String(n)))
      await all.promise
      expect(got).toEqual(Array.from({ length: 500 }, (_, n) => String(n)))
    })

    it('matches one token with * and the rest with >', async () => {
      const star: string[] = []
      const rest: string[] = []
      const last = Promise.withResolvers<void>()
      pair.other.subscribe('a.*.c', ({ subject }) => star.push(subject))
      pair.other.subscribe('a.>', ({ subject }) => {
        rest.push(subject)
        if (subject === 'a.end') last.resolve()
      })
      await settled()
      for (const subject of ['a.b.c', 'a.b.d', 'b.b.c', 'a.b.c.d', 'a.end']) pair.one.publish(subject, bytes(''))
      await last.promise
      expect(star).toEqual(['a.b.c'])
      expect(rest).toEqual(['a.b.c', 'a.b.d', 'a.b.c.d', 'a.end'])
    })

    it('tells at once when nobody listens', async () => {
      await settled()
      await expect(pair.one.request('nobody.here', bytes('x'), 50_000)).rejects.toMatchObject({
        code: 'ServiceUnavailable',
      })
    })

    it('answers a message to nobody with an empty one', async () => {
      const got = Promise.withResolvers<Uint8Array>()
      pair.one.subscribe('answers.here', ({ payload }) => got.resolve(payload))
      await settled()
      pair.one.publish('nobody.here', bytes('x'), 'answers.here')
      expect(text(await got.promise)).toBe('')
    })

    it('what is sent is with who listens, and it is told when nobody does', async () => {
      const got: string[] = []
      pair.other.subscribe('letters', ({ payload }) => got.push(text(payload)))
      await settled()
      await pair.one.send('letters', bytes('a'))
      await settled()
      expect(got).toEqual(['a'])
      await expect(pair.one.send('nobody.here', bytes('x'))).rejects.toMatchObject({ code: 'ServiceUnavailable' })
    })

    it('tells a time-out from nobody listening', async () => {
      pair.other.subscribe('silent', () => {})
      await settled()
      await expect(pair.one.request('silent', bytes('x'), 20)).rejects.toMatchObject({ code: 'Timeout' })
    })

    it('carries bytes as they are, up to nearly 1 MiB', async () => {
      const large = Buffer.alloc(1_000_000, 7)
      large[0] = 0
      large[999] = 13
      large[1000] = 10
      const got = Promise.withResolvers<Uint8Array>()
      pair.other.subscribe('large', ({ payload }) => got.resolve(payload))
      await settled()
      pair.one.publish('large', large)
      expect(Buffer.compare(Buffer.from(await got.promise), large)).toBe(0)
    })

    it('refuses what is larger than it carries, and goes on', async () => {
      answering('large', () => 'ok')
      await settled()
      const limit = pair.one.maxPayloadBytes
      expect(() => pair.one.publish('large', new Uint8Array(limit + 1))).toThrow(`${limit + 1} bytes for large`)
      await expect(pair.one.request('large', new Uint8Array(limit + 1), 50_000)).rejects.toMatchObject({
        code: 'PayloadTooLarge',
      })
      expect(text(await pair.one.request('large', new Uint8Array(limit), 50_000))).toBe('ok')
    })

    it('a stopped subscription gets nothing more', async () => {
      let count = 0
      const first = pair.other.subscribe('once', () => {
        count += 1
      })
      await settled()
      first.stop()
      const end = Promise.withResolvers<void>()
      pair.other.subscribe('once', () => end.resolve())
      await settled()
      pair.one.publish('once', bytes(''))
      await end.promise
      expect(count).toBe(0)
    })
  })
}
