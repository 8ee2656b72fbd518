import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** A line to a server of this machine that a test can cut, silence and mend. */
export type Relay = {
  port: number
  /** What has gone through towards the server. */
  readonly sentBytes: number
  /** What has come back. */
  readonly receivedBytes: number
  /** Ends what is connected and refuses what comes. */
  cut(): void
  /** Takes everything and passes nothing on, as a network that drops packets; what was taken arrives when it is mended. */
  silence(): void
  mend(): void
  close(): Promise<void>
}

type Line = { near: Socket; far: Socket }

/** `to` is a port, or the path of a socket. With `bytesPerSecond` no more goes through each way, on all lines together. */
export async function relay(to: number | string, { bytesPerSecond = 0 } = {}): Promise<Relay> {
  const lines = new Set<Line>()
  const ways = { there: new Pace(bytesPerSecond), back: new Pace(bytesPerSecond) }
  let state: 'whole' | 'cut' | 'silent' = 'whole'
  const server = createServer((near) => {
    near.on('error', () => {})
    if (state === 'cut') {
      near.destroy()
      return
    }
    const line = { near, far: typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1') }
    lines.add(line)
    line.far.on('error', () => near.destroy())
    line.far.on('close', () => near.destroy())
    near.on('close', () => {
      line.far.destroy()
      lines.delete(line)
    })
    if (state === 'whole') join(line, ways)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    state = 'cut'
    for (const { near } of lines) near.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    get sentBytes() {
      return ways.there.bytes
    },
    get receivedBytes() {
      return ways.back.bytes
    },
    cut,
    silence: () => {
      state = 'silent'
      for (const { near, far } of lines) {
        near.unpipe()
        far.unpipe()
      }
    },
    mend: () => {
      if (state === 'silent') for (const line of lines) join(line, ways)
      state = 'whole'
    },
    close: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

type Ways = { there: Pace; back: Pace }

const join = ({ near, far }: Line, { there, back }: Ways): void => {
  near.pipe(there.transform()).pipe(far)
  far.pipe(back.transform()).pipe(near)
}

/** Counts what goes one way, and lets it through no faster than that. */
class Pace {
  bytes = 0
  readonly #bytesPerSecond: number
  #freeAtMs = 0

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  transform(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _, done) => {
        this.bytes += chunk.length
        if (this.#bytesPerSecond === 0) return done(null, chunk)
        this.#freeAtMs = Math.max(this.#freeAtMs, performance.now()) + (1000 * chunk.length) / this.#bytesPerSecond
        setTimeout(() => done(null, chunk), Math.max(1, this.#freeAtMs - performance.now()))
      },
    })
  }
}
