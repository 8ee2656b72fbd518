import type { Socket } from 'node:net'
import type { RoutedMessage } from './router.ts'

/** Who does not read is given up then. */
const backlogLimitBytes = 64 * 1024 * 1024
/** Who has so much to read yet is not listened to before it has. */
const unreadLimitBytes = 256 * 1024
/** Up to here a copy costs less than a piece of its own. */
const copyLimitBytes = 16 * 1024

const lineEnd = Buffer.from('\r\n')

/**
 * What goes out to one client, as core NATS writes it. A message leaves at once, and what comes after it in the same turn
 * leaves together; after its end nothing more does.
 */
export class Outgoing {
  readonly #socket: Socket
  readonly #onBacklog: (bytes: number) => void
  #isCollecting = false

  constructor(socket: Socket, onBacklog: (bytes: number) => void) {
    this.#socket = socket
    this.#onBacklog = onBacklog
  }

  get isOver(): boolean {
    return this.#socket.writableEnded || this.#socket.destroyed
  }

  get isUnread(): boolean {
    return this.#socket.writableLength > unreadLimitBytes
  }

  /** Resolves when the client has read what is there. */
  read(): Promise<void> {
    return new Promise((resolve) => this.#socket.once('drain', resolve))
  }

  line(text: string): void {
    this.#write(Buffer.from(`${text}\r\n`))
  }

  message(sid: string, { subject, reply, headerBytes, payload }: RoutedMessage): void {
    const address = `${subject} ${sid}${reply === undefined ? '' : ` ${reply}`}`
    const head =
      headerBytes > 0 ? `HMSG ${address} ${headerBytes} ${payload.length}` : `MSG ${address} ${payload.length}`
    if (payload.length <= copyLimitBytes) return this.#write(inOnePiece(`${head}\r\n`, payload))
    this.#collect()
    this.#write(Buffer.from(`${head}\r\n`))
    this.#write(payload)
    this.#write(lineEnd)
  }

  end(lastLine: string): void {
    this.line(lastLine)
    this.#socket.end()
  }

  #write(piece: Buffer): void {
    if (this.isOver) return
    this.#socket.write(piece)
    this.#collect()
    const bytes = this.#socket.writableLength
    if (bytes > backlogLimitBytes) this.#onBacklog(bytes)
  }

  #collect(): void {
    if (this.#isCollecting) return
    this.#isCollecting = true
    this.#socket.cork()
    queueMicrotask(() => {
      this.#isCollecting = false
      this.#socket.uncork()
    })
  }
}

/** Put together in new bytes, so that nothing but these is made. */
const inOnePiece = (head: string, payload: Buffer): Buffer => {
  const headBytes = Buffer.byteLength(head)
  const piece = Buffer.allocUnsafe(headBytes + payload.length + lineEnd.length)
  piece.write(head, 0)
  payload.copy(piece, headBytes)
  lineEnd.copy(piece, headBytes + payload.length)
  return piece
}
