import { connect } from 'node:net'
import type { WireBytes } from './wire-request.ts'

/** What came back: '' when the connection was closed without a word. */
export type RawAnswer = { isCut: boolean; text: string }

const limitMs = 60_000

/** Sends bytes and waits until the other side has closed; who sent too little closes its half. Late = a hang. */
export function sendRaw(port: number, { bytes, isWhole }: WireBytes): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = ''
    let isCut = false
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes)
      if (!isWhole) socket.end()
    })
    socket.setTimeout(limitMs, () => {
      socket.destroy()
      reject(new Error(`no end after ${limitMs} ms; until then: ${text.slice(0, 500)}`))
    })
    socket.setEncoding('utf8').on('data', (data) => (text += data))
    // Who answers before it has read everything closes on the rest.
    socket.on('error', () => (isCut = true))
    socket.on('close', () => resolve({ isCut, text }))
  })
}

/** Works on all of a list, some at a time. */
export async function inParallel<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values()
  const worker = async (): Promise<void> => {
    for (const item of left) await act(item)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}
