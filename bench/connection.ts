import { connect, type Socket } from 'node:net'

export type Answer = { status: number; body: string }

/**
 * One kept-alive HTTP connection that asks one thing at a time: as little as possible on the load's own side, so that the
 * server is what is measured.
 */
export class Connection {
  readonly #socket: Socket
  readonly #host: string
  #received: Buffer[] = []
  #size = 0
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined

  constructor(port: number) {
    this.#host = `127.0.0.1:${port}`
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (data: Buffer) => this.#take(data))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  ask(method: string, path: string, body = ''): Promise<Answer> {
    const content = body ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` : ''
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('the connection is closed'))
      this.#waiting = { resolve, reject }
      this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${content}\r\n${body}`)
    })
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #take(data: Buffer): void {
    this.#received.push(data)
    this.#size += data.length
    const whole = this.#received.length === 1 ? data : Buffer.concat(this.#received, this.#size)
    const end = whole.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = whole.toString('latin1', 0, end)
    const body = bodyOf(head, whole.subarray(end + 4))
    if (body === undefined) return
    this.#received = []
    this.#size = 0
    const { resolve } = this.#waiting ?? {}
    this.#waiting = undefined
    resolve?.({ status: Number(head.slice(9, 12)), body })
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}

/** The body when all of it is there. */
function bodyOf(head: string, rest: Buffer): string | undefined {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)
  if (length) return rest.length >= Number(length[1]) ? rest.toString('utf8', 0, Number(length[1])) : undefined
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return ''
  return rest.subarray(-5).toString('latin1') === '0\r\n\r\n' ? unchunked(rest) : undefined
}

function unchunked(bytes: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (size === 0) break
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
  return Buffer.concat(parts).toString()
}
