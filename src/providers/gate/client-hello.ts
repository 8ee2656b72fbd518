/** What the first bytes of a TLS connection say; `partial` = too few of them to know. */
export type ClientHello = { kind: 'partial' } | { kind: 'invalid' } | { kind: 'hello'; serverName: string | undefined }

/** No client says more than this before the server answers. */
export const helloLimitBytes = 32 * 1024
/** Nor in more pieces: each byte that comes has all of them looked at again. */
const mostRecords = 32
const handshakeRecord = 22
const tlsMajor = 3
const clientHelloMessage = 1
const serverNameExtension = 0
const hostNameEntry = 0

/** Reads the server name that a client asks for (RFC 8446 §4.1.2, RFC 6066 §3). Pure; a hello in pieces is put together. */
export function readClientHello(bytes: Buffer): ClientHello {
  const message = firstMessage(bytes)
  if (typeof message === 'string') return { kind: message }
  try {
    return { kind: 'hello', serverName: serverNameIn(new Reader(message)) }
  } catch {
    return { kind: 'invalid' }
  }
}

/** The first handshake message, out of the records it is spread over. */
function firstMessage(bytes: Buffer): Buffer | 'partial' | 'invalid' {
  const parts: Buffer[] = []
  for (let at = 0; parts.length < mostRecords; ) {
    if (!isHandshake(bytes.subarray(at, at + 2))) return 'invalid'
    if (at + 5 > bytes.length) return 'partial'
    const end = at + 5 + bytes.readUInt16BE(at + 3)
    parts.push(bytes.subarray(at + 5, end))
    const message = Buffer.concat(parts)
    if (message.length > 0 && message[0] !== clientHelloMessage) return 'invalid'
    const length = message.length < 4 ? helloLimitBytes : message.readUIntBE(1, 3)
    if (length > helloLimitBytes) return 'invalid'
    if (message.length >= 4 + length) return message.subarray(4, 4 + length)
    if (end > bytes.length) return 'partial'
    at = end
  }
  return 'invalid'
}

/** As far as it can be seen. */
const isHandshake = (start: Buffer): boolean =>
  (start[0] ?? handshakeRecord) === handshakeRecord && (start[1] ?? tlsMajor) === tlsMajor

function serverNameIn(hello: Reader): string | undefined {
  hello.take(2 + 32)
  hello.block(1)
  hello.block(2)
  hello.block(1)
  if (hello.isAtEnd) return undefined
  const extensions = hello.block(2)
  const names: string[] = []
  while (!extensions.isAtEnd) {
    const type = extensions.number(2)
    const content = extensions.block(2)
    if (type === serverNameExtension) names.push(...namesIn(content))
  }
  // Servers differ in which of several they believe.
  if (names.length > 1) throw new RangeError('more than one name')
  return names[0]
}

function namesIn(extension: Reader): string[] {
  const entries = extension.block(2)
  const names: string[] = []
  while (!entries.isAtEnd) {
    if (entries.number(1) !== hostNameEntry) throw new RangeError('an unknown kind of name')
    names.push(entries.block(2).rest().toString('latin1'))
  }
  return names
}

/** Reads front to back; throws RangeError at what is not there. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('too short')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  number(width: number): number {
    return this.take(width).readUIntBE(0, width)
  }

  /** A part with its length in front. */
  block(width: number): Reader {
    return new Reader(this.take(this.number(width)))
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at)
  }
}
