import { readSync } from 'node:fs'
import { downHeaderBytes, orderLimitBytes } from '../protocol/frames.ts'
import type { RunOrder } from '../protocol/run-order.ts'

/** Waits for the next order and says how large it was; undefined when the node is gone. */
export function nextOrder(fd: number): { order: RunOrder; sizeBytes: number } | undefined {
  const body = nextMessage(fd, orderLimitBytes)
  return body && { order: JSON.parse(body.toString('utf8')) as RunOrder, sizeBytes: body.length }
}

/** Waits for what the node says next; undefined when it is gone. */
export function nextMessage(fd: number, limitBytes: number): Buffer | undefined {
  const head = readExactly(fd, downHeaderBytes)
  if (head === undefined) return undefined
  const lengthBytes = head.readUInt32LE(0)
  return lengthBytes > limitBytes ? undefined : readExactly(fd, lengthBytes)
}

function readExactly(fd: number, lengthBytes: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(lengthBytes)
  for (let at = 0; at < lengthBytes; ) {
    const count = readSync(fd, bytes, at, lengthBytes - at, null)
    if (count === 0) return undefined
    at += count
  }
  return bytes
}
