import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** A line to a server of this machine that a test can cut, silence and mend. */
export type Relay = {
  port: number
  /** What has gone through towards the server. */
  readonly sentBytes: number
  /** Ends what is connected and refuses what comes. */
  cut(): void
  /** Takes everything and passes nothing on, as a network that drops packets; what was taken arrives when it is mended. */
  silence(): void
  mend(): void
  close(): Promise<void>
}

type Line = { near: Socket; far: Socket }

/** `to` is a port, or the path of a socket. With `bytesPerSecond` no more goes through towards it, on all lines together. */
export async function relay(to: number | string, { bytesPerSecond = 0 } = {}): Promise<Relay> {
  const lines = new Set<Line>()
  let sentBytes = 0
  let freeAtMs = 0
  const paced = (chunk: Buffer, pass: () => void): void => {
    sentBytes += chunk.length
    if (bytesPerSecond === 0) return pass()
    freeAtMs = Math.max(freeAtMs, performance.now()) + (1000 * chunk.length) / bytesPerSecond
    setTimeout(pass, Math.max(1, freeAtMs - performance.now()))
  }
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
    if (state === 'whole') join(line, paced)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    state = 'cut'
    for (const { near } of lines) near.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    get sentBytes() {
      return sentBytes
    },
    cut,
    silence: () => {
      state = 'silent'
      for (const { near, far } of lines) {
        near.unpipe()
        far.unpipe(near)
      }
    },
    mend: () => {
      if (state === 'silent') for (const line of lines) join(line, paced)
      state = 'whole'
    },
    close: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const join = ({ near, far }: Line, paced: (chunk: Buffer, pass: () => void) => void): void => {
  const pace = new Transform({ transform: (chunk: Buffer, _, done) => paced(chunk, () => done(null, chunk)) })
  near.pipe(pace).pipe(far)
  far.pipe(near)
}
