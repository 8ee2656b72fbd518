import { floodBlock, floodBlockBytes } from './flood.ts'

export type Followed = {
  /** Characters that came; of what `floodJob` prints each is a byte. */
  length: number
  /** Ms from opening to the first output, and to the end. */
  firstMs: number
  wholeMs: number
}

/** Follows the output of a job to its end. Throws when it is not what `floodJob` prints, or breaks off. */
export const followFlood = (port: number, path: string): Promise<Followed> => {
  let length = 0
  return follow(port, path, (text) => {
    for (let at = 0; at < text.length; ) {
      const from = (length + at) % floodBlockBytes
      const part = text.slice(at, at + floodBlockBytes - from)
      if (!floodBlock.startsWith(part, from)) throw new Error(`output differs after ${length + at} characters`)
      at += part.length
    }
    length += text.length
  })
}

/** Follows the output of a job until its first piece is there; its ms. */
export async function firstOutput(port: number, path: string): Promise<number> {
  const leave = new AbortController()
  const { firstMs } = await follow(port, path, () => leave.abort(), leave.signal)
  return firstMs
}

function follow(port: number, path: string, take: (text: string) => void, leave?: AbortSignal): Promise<Followed> {
  const started = performance.now()
  const sinceStart = () => performance.now() - started
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
  const followed: Followed = { length: 0, firstMs: 0, wholeMs: 0 }
  return new Promise((resolve, reject) => {
    const end = () => {
      followed.wholeMs = sinceStart()
      resolve(followed)
    }
    leave?.addEventListener('abort', () => {
      socket.close()
      end()
    })
    socket.addEventListener('message', ({ data }) => {
      const { value, error } = JSON.parse(String(data)) as { value: { Line: string }; error?: string }
      if (error) return reject(new Error(error))
      if (followed.length === 0) followed.firstMs = sinceStart()
      followed.length += value.Line.length
      try {
        take(value.Line)
      } catch (mistake) {
        socket.close()
        reject(mistake)
      }
    })
    socket.addEventListener('close', ({ code }) => (code === 1000 ? end() : reject(new Error(`closed by ${code}`))))
  })
}
