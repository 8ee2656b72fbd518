import { type Control, ProtocolError, type PublishHead, readControlLine, unknownOperation } from './control-line.ts'

/** One operation of a client, as core NATS writes it. */
export type Operation =
  | Exclude<Control, PublishHead>
  | { kind: 'publish'; subject: string; reply: string | undefined; headerBytes: number; payload: Buffer }

const lineEnd = '\r\n'
const controlLineLimit = 4096
const none = Buffer.alloc(0)

/** Cuts the bytes of one connection into operations. */
export class Parser {
  /** Who has not shown that it may be here makes us keep no payload. */
  isTrusted = false
  #bytes: Buffer = none
  /** Where in them the next operation begins, or the payload of the one that is read. */
  #at = 0
  /** What came since and is not looked at yet: a payload in many pieces is put together once. */
  #pieces: Buffer[] = []
  #addedBytes = 0
  #head: PublishHead | undefined

  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#addedBytes += piece.length
    // Many small ones weigh more than what is in them, and putting them together each time would copy all each time.
    if (this.#pieces.length > 64 + this.#unreadBytes / 1024) this.#gather()
  }

  /** The next whole operation; undefined = its bytes have not come yet. Throws a ProtocolError. */
  next(): Operation | undefined {
    if (this.#head && this.#unreadBytes + this.#addedBytes < endOf(this.#head)) return undefined
    if (this.#addedBytes > 0) this.#gather()
    const operation = this.#operation()
    if (!operation) this.#keepRest()
    return operation
  }

  get #unreadBytes(): number {
    return this.#bytes.length - this.#at
  }

  #gather(): void {
    const all = this.#unreadBytes > 0 ? [this.#bytes.subarray(this.#at), ...this.#pieces] : this.#pieces
    this.#bytes = all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all)
    this.#at = 0
    this.#pieces = []
    this.#addedBytes = 0
  }

  /** A client that waits must not hold the memory that the last piece was read into: a part of it, for everybody. */
  #keepRest(): void {
    this.#bytes = this.#unreadBytes > 0 ? Buffer.from(this.#bytes.subarray(this.#at)) : none
    this.#at = 0
  }

  #operation(): Operation | undefined {
    for (;;) {
      if (this.#head) return this.#publication(this.#head)
      const line = this.#line()
      if (line === undefined) return undefined
      if (line === '') continue
      const control = readControlLine(line)
      if (control.kind !== 'publish') return control
      if (!this.isTrusted) throw new ProtocolError('Authorization Violation')
      this.#head = control
    }
  }

  #line(): string | undefined {
    const end = this.#bytes.indexOf(lineEnd, this.#at)
    const length = end === -1 ? this.#unreadBytes : end - this.#at
    if (length > controlLineLimit) throw new ProtocolError('Maximum Control Line Exceeded')
    if (end === -1) return undefined
    const line = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + lineEnd.length
    return line
  }

  #publication(head: PublishHead): Operation | undefined {
    if (this.#unreadBytes < endOf(head)) return undefined
    const end = this.#at + head.totalBytes
    const payload = this.#bytes.subarray(this.#at, end)
    if (this.#bytes.toString('latin1', end, end + lineEnd.length) !== lineEnd) throw unknownOperation()
    this.#at = end + lineEnd.length
    this.#head = undefined
    const { kind, subject, reply, headerBytes } = head
    return { kind, subject, reply, headerBytes, payload }
  }
}

/** Bytes to the end of what follows the line. */
const endOf = ({ totalBytes }: PublishHead): number => totalBytes + lineEnd.length
