import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** A line to a server of this machine that a test can cut, silence and mend. */
export type Relay = {
  port: number
  /** Ends what is connected and refuses what comes. */
  cut(): void
  /** Takes everything and passes nothing on, as a network that drops packets; what was taken arrives when it is mended. */
  silence(): void
  mend(): void
  close(): Promise<void>
}

type Line = { near: Socket; far: Socket }

/** `to` is a port, or the path of a socket. */
export async function relay(to: number | string): Promise<Relay> {
  const lines = new Set<Line>()
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
    if (state === 'whole') join(line)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    state = 'cut'
    for (const { near } of lines) near.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    silence: () => {
      state = 'silent'
      for (const { near, far } of lines) {
        near.unpipe(far)
        far.unpipe(near)
      }
    },
    mend: () => {
      if (state === 'silent') for (const line of lines) join(line)
      state = 'whole'
    },
    close: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const join = ({ near, far }: Line): void => {
  near.pipe(far).pipe(near)
}
