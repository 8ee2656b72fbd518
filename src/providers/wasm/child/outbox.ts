import { writeSync, writevSync } from 'node:fs'
import { frameKind, outputFrameLimitBytes, upHeaderBytes } from '../protocol/frames.ts'
import type { RunReport } from '../protocol/run-order.ts'
import type { GuestOutput } from '../wasi/guest.ts'
import { capacityBytes, headBytes, headOf, none, place } from './shared-output.ts'

const directBytes = 65_536

/** Hands a nudge to the watchman: there is output left to be sent in a moment. */
export type Nudge = () => void

/**
 * Sends frames to the node. The first output is sent at once; what follows within a few milliseconds is gathered and
 * sent by the watchman, or here when the buffer is full, the guest sleeps or the run ends. So a printing loop costs few
 * system calls, and output never waits for a guest that computes on. Blocks when the node reads slowly.
 */
export class Outbox implements GuestOutput {
  readonly #fd: number
  readonly #head: Int32Array
  readonly #data: Buffer
  readonly #nudge: Nudge
  readonly #monotonicMs: () => number
  readonly #pauseMs: number
  #sentAtMs = Number.NEGATIVE_INFINITY
  #isLocked = false

  constructor(fd: number, shared: SharedArrayBuffer, nudge: Nudge, monotonicMs: () => number, pauseMs: number) {
    this.#fd = fd
    this.#head = headOf(shared)
    this.#data = Buffer.from(shared, headBytes, capacityBytes)
    this.#nudge = nudge
    this.#monotonicMs = monotonicMs
    this.#pauseMs = pauseMs
  }

  write(stream: 1 | 2, bytes: Uint8Array): void {
    this.#locked(() => {
      if (bytes.byteLength >= directBytes) return this.#sendDirectly(stream, bytes)
      if (bytes.byteLength + upHeaderBytes > capacityBytes - this.#used) this.#send()
      this.#gather(stream, bytes)
      if (this.#monotonicMs() - this.#sentAtMs >= this.#pauseMs) this.#send()
      else if (Atomics.exchange(this.#head, place.isNudged, 1) === 0) this.#nudge()
    })
  }

  flush(): void {
    this.#locked(() => this.#send())
  }

  /** Sends what is left of the output and the report behind it. */
  finish(report: RunReport): void {
    const payload = Buffer.from(JSON.stringify(report))
    this.#locked(() => {
      this.#send(header(frameKind.report, payload.length), payload)
      this.#sentAtMs = Number.NEGATIVE_INFINITY
    })
  }

  /** What was printed before comes before it. */
  ask(request: Uint8Array): void {
    this.#locked(() => this.#send(header(frameKind.request, request.byteLength), request))
  }

  /** Before a run, when there is nothing to be sent. */
  say(kind: typeof frameKind.ready | typeof frameKind.taken | typeof frameKind.loaded): void {
    writeAll(this.#fd, [header(kind, 0)])
  }

  get #used(): number {
    return this.#head[place.usedBytes] as number
  }

  #gather(stream: 1 | 2, bytes: Uint8Array): void {
    const used = this.#used
    const lastAt = this.#head[place.lastFrameAt] as number
    if (lastAt !== none && this.#data[lastAt + 4] === stream) {
      this.#data.set(bytes, used)
      this.#data.writeUInt32LE(this.#data.readUInt32LE(lastAt) + bytes.byteLength, lastAt)
      this.#head[place.usedBytes] = used + bytes.byteLength
      return
    }
    this.#data.writeUInt32LE(bytes.byteLength, used)
    this.#data[used + 4] = stream
    this.#data.set(bytes, used + upHeaderBytes)
    this.#head[place.lastFrameAt] = used
    this.#head[place.usedBytes] = used + upHeaderBytes + bytes.byteLength
  }

  #sendDirectly(stream: 1 | 2, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += outputFrameLimitBytes) {
      const part = bytes.subarray(at, at + outputFrameLimitBytes)
      this.#send(header(stream, part.byteLength), part)
    }
  }

  #send(...behind: Uint8Array[]): void {
    const gathered = this.#used > 0 ? [this.#data.subarray(0, this.#used)] : []
    this.#head[place.usedBytes] = 0
    this.#head[place.lastFrameAt] = none
    const parts = [...gathered, ...behind]
    if (parts.length === 0) return
    this.#sentAtMs = this.#monotonicMs()
    writeAll(this.#fd, parts)
  }

  /** A guest that has used up the stack may end a call anywhere, so the lock is taken back by whoever comes after it. */
  #locked(run: () => void): void {
    while (!this.#isLocked && Atomics.compareExchange(this.#head, place.lock, 0, 1) !== 0) {
      Atomics.wait(this.#head, place.lock, 1)
    }
    this.#isLocked = true
    try {
      run()
    } finally {
      Atomics.store(this.#head, place.lock, 0)
      Atomics.notify(this.#head, place.lock)
      this.#isLocked = false
    }
  }
}

function header(kind: number, lengthBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(upHeaderBytes)
  bytes.writeUInt32LE(lengthBytes, 0)
  bytes[4] = kind
  return bytes
}

/** Writes everything; the descriptor blocks while the node's side is full. */
function writeAll(fd: number, parts: Uint8Array[]): void {
  let left = parts
  let written = left.length === 1 ? writeSync(fd, left[0] as Uint8Array) : writevSync(fd, left)
  for (;;) {
    while (left.length > 0 && written >= (left[0] as Uint8Array).byteLength) {
      written -= (left[0] as Uint8Array).byteLength
      left = left.slice(1)
    }
    if (left.length === 0) return
    left = [(left[0] as Uint8Array).subarray(written), ...left.slice(1)]
    written = writevSync(fd, left)
  }
}
