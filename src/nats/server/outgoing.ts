import type { Socket } from 'node:net'
import type { RoutedMessage } from './router.ts'

/** Who does not read is given up then. */
const backlogLimitBytes = 64 * 1024 * 1024
/** Who has so much to read yet is not listened to before it has. */
const unreadLimitBytes = 256 * 1024

/** What goes out to one client, as core NATS writes it. After its end nothing more does. */
export class Outgoing {
  readonly #socket: Socket
  readonly #onBacklog: (bytes: number) => void

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
    if (this.isOver) return
    this.#socket.write(`${text}\r\n`)
    const bytes = this.#socket.writableLength
    if (bytes > backlogLimitBytes) this.#onBacklog(bytes)
  }

  message(sid: string, { subject, reply, headerBytes, payload }: RoutedMessage): void {
    const address = `${subject} ${sid}${reply === undefined ? '' : ` ${reply}`}`
    const head =
      headerBytes > 0 ? `HMSG ${address} ${headerBytes} ${payload.length}` : `MSG ${address} ${payload.length}`
    this.#socket.cork()
    this.#socket.write(`${head}\r\n`)
    this.#socket.write(payload)
    this.line('')
    queueMicrotask(() => this.#socket.uncork())
  }

  /** All lines of `write` leave together. */
  together(write: () => void): void {
    this.#socket.cork()
    try {
      write()
    } finally {
      this.#socket.uncork()
    }
  }

  end(lastLine: string): void {
    this.line(lastLine)
    this.#socket.end()
  }
}
