import type { Socket } from 'node:net'
import type { Outgoing } from './outgoing.ts'
import { type Operation, Parser } from './parser.ts'

export type IncomingParts = {
  socket: Socket
  out: Outgoing
  act: (operation: Operation) => void
  /** What `act`, the parser or a decision has thrown. */
  onError: (error: unknown) => void
}

/** The operations of one client, one after the other: the next is not read while something about one is decided, or its answers are not. */
export class Incoming {
  readonly #parts: IncomingParts
  readonly #parser = new Parser()
  #isHeld = false

  constructor(parts: IncomingParts) {
    this.#parts = parts
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  /** The client has shown that it may be here. */
  trust(): void {
    this.#parser.isTrusted = true
  }

  read(piece: Buffer): void {
    this.#parser.add(piece)
    this.#goOn()
  }

  /** Nothing more is read from this client until that is decided. */
  hold<Verdict>(decided: Promise<Verdict>, then: (verdict: Verdict) => void): void {
    const { socket, onError } = this.#parts
    this.#isHeld = true
    socket.pause()
    decided
      .then(then)
      .catch(onError)
      .finally(() => {
        this.#isHeld = false
        socket.resume()
        this.#goOn()
      })
  }

  #goOn(): void {
    try {
      this.#doNext()
    } catch (error) {
      this.#parts.onError(error)
    }
  }

  #doNext(): void {
    const { out, act } = this.#parts
    while (!this.#isHeld && !out.isOver) {
      if (out.isUnread) return this.hold(out.read(), () => {})
      const operation = this.#parser.next()
      if (!operation) return
      act(operation)
    }
  }
}
