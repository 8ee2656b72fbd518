import { maxPayloadBytes } from '../payload-limit.ts'

/** One operation of a client, as core NATS writes it. */
export type Operation =
  | { kind: 'connect'; options: Record<string, unknown> }
  | { kind: 'ping' }
  | { kind: 'pong' }
  | { kind: 'subscribe'; subject: string; queue: string | undefined; sid: string }
  | { kind: 'unsubscribe'; sid: string; max: number | undefined }
  | { kind: 'publish'; subject: string; reply: string | undefined; headerBytes: number; payload: Buffer }

/** The client broke the protocol: it is told so and cut off. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

const unknown = (): ProtocolError => new ProtocolError('Unknown Protocol Operation')

const lineEnd = '\r\n'
const controlLineLimit = 4096

type Pending = { subject: string; reply: string | undefined; headerBytes: number; totalBytes: number }

/** Cuts the bytes of one connection into operations. */
export class Parser {
  /** Who has not shown that it may be here makes us keep no payload. */
  isTrusted = false
  #bytes: Buffer = Buffer.alloc(0)
  /** What came since and is not looked at yet: a payload in many pieces is put together once. */
  #pieces: Buffer[] = []
  #addedBytes = 0
  #pending: Pending | undefined

  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#addedBytes += piece.length
    // Many small ones weigh more than what is in them, and putting them together each time would copy all each time.
    if (this.#pieces.length > 64 + this.#bytes.length / 1024) this.#gather()
  }

  /** The next whole operation; undefined = its bytes have not come yet. Throws a ProtocolError. */
  next(): Operation | undefined {
    if (this.#pending && this.#bytes.length + this.#addedBytes < this.#pending.totalBytes + lineEnd.length)
      return undefined
    if (this.#addedBytes > 0) this.#gather()
    for (;;) {
      const operation = this.#pending ? this.#payload(this.#pending) : this.#line()
      if (operation !== 'more') return operation
    }
  }

  #gather(): void {
    this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, ...this.#pieces]) : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#addedBytes = 0
  }

  #payload(pending: Pending): Operation | undefined {
    const endBytes = pending.totalBytes + lineEnd.length
    if (this.#bytes.length < endBytes) return undefined
    const payload = this.#bytes.subarray(0, pending.totalBytes)
    if (this.#bytes.toString('latin1', pending.totalBytes, endBytes) !== lineEnd) throw unknown()
    this.#bytes = this.#bytes.subarray(endBytes)
    this.#pending = undefined
    return {
      kind: 'publish',
      subject: pending.subject,
      reply: pending.reply,
      headerBytes: pending.headerBytes,
      payload,
    }
  }

  #line(): Operation | 'more' | undefined {
    const end = this.#bytes.indexOf(lineEnd)
    if (end === -1) {
      if (this.#bytes.length > controlLineLimit) throw new ProtocolError('Maximum Control Line Exceeded')
      return undefined
    }
    if (end > controlLineLimit) throw new ProtocolError('Maximum Control Line Exceeded')
    const line = this.#bytes.subarray(0, end).toString('utf8')
    this.#bytes = this.#bytes.subarray(end + lineEnd.length)
    if (line === '') return 'more'
    return this.#operation(line)
  }

  #operation(line: string): Operation | 'more' {
    const [word = '', ...args] = line.split(/[ \t]+/).filter((part) => part !== '')
    switch (word.toUpperCase()) {
      case 'PUB':
        return this.#publish(args[0], args.length > 2 ? args[1] : undefined, '0', args.at(-1), args.length)
      case 'HPUB':
        return this.#publish(args[0], args.length > 3 ? args[1] : undefined, args.at(-2), args.at(-1), args.length - 1)
      case 'SUB':
        if (args.length < 2 || args.length > 3) break
        return {
          kind: 'subscribe',
          subject: args[0] as string,
          queue: args.length === 3 ? args[1] : undefined,
          sid: args.at(-1) as string,
        }
      case 'UNSUB':
        if (args.length < 1 || args.length > 2) break
        return { kind: 'unsubscribe', sid: args[0] as string, max: args[1] === undefined ? undefined : number(args[1]) }
      case 'PING':
        return { kind: 'ping' }
      case 'PONG':
        return { kind: 'pong' }
      case 'CONNECT':
        return { kind: 'connect', options: options(line.slice(word.length)) }
      default:
    }
    throw unknown()
  }

  #publish(
    subject: string | undefined,
    reply: string | undefined,
    header: string | undefined,
    total: string | undefined,
    count: number,
  ): 'more' {
    if (subject === undefined || count < 2 || count > 3) throw unknown()
    if (!this.isTrusted) throw new ProtocolError('Authorization Violation')
    const headerBytes = number(header)
    const totalBytes = number(total)
    if (totalBytes > maxPayloadBytes) throw new ProtocolError('Maximum Payload Violation')
    if (headerBytes > totalBytes) throw unknown()
    this.#pending = { subject, reply, headerBytes, totalBytes }
    return 'more'
  }
}

const number = (text: string | undefined): number => {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw unknown()
  return Number(text)
}

const options = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new ProtocolError('Invalid Connect')
}
