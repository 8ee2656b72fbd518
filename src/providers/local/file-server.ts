import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Fault, messageOf } from '#lib/fault.ts'
import { fileTag } from '#lib/file-tag.ts'

/** Names of results; nothing else is ever looked for, and there is no listing. */
const resultPath = /^\/([A-Za-z0-9_-]{1,128}\.tar\.gz)$/
const connectionLimit = 256
const idleLimitMs = 60_000

/** Gives out the results of one folder over HTTP, whole or in part (Range), to whoever knows their names. */
export class FileServer {
  readonly #directory: string
  #server: Server | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Without a host on all interfaces; port 0 takes any free one. Throws a Fault when the port cannot be had. */
  async start(host: string | undefined, port: number): Promise<void> {
    const server = createServer((asked, reply) => {
      this.#answer(asked, reply).catch(() => reply.destroy())
    })
    server.maxConnections = connectionLimit
    server.timeout = idleLimitMs
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(portFault(port, error)))
      server.listen(port, host, () => resolve())
    })
    this.#server = server
  }

  get port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? 0
  }

  /** Transfers under way are cut; clients resume them. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  async #answer(asked: IncomingMessage, reply: ServerResponse): Promise<void> {
    if (asked.method !== 'GET' && asked.method !== 'HEAD') return plain(reply, 405, { Allow: 'GET, HEAD' })
    const name = resultPath.exec((asked.url ?? '').split('?', 1)[0] ?? '')?.[1]
    const file = name && (await this.#opened(name))
    if (!file) return plain(reply, 404)
    try {
      await send(file, asked, reply)
    } finally {
      await file.close()
    }
  }

  #opened(name: string): Promise<FileHandle | undefined> {
    return open(join(this.#directory, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
  }
}

async function send(file: FileHandle, asked: IncomingMessage, reply: ServerResponse): Promise<void> {
  const info = await file.stat()
  if (!info.isFile()) return plain(reply, 404)
  const tag = `"${fileTag(info)}"`
  const ifRange = asked.headers['if-range']
  const range = ifRange && ifRange !== tag ? undefined : rangeOf(asked.headers.range, info.size)
  if (range === 'unsatisfiable') return plain(reply, 416, { 'Content-Range': `bytes */${info.size}` })
  const [first, last] = range ?? [0, info.size - 1]
  reply.writeHead(range ? 206 : 200, {
    'Content-Type': 'application/gzip',
    'Content-Length': last - first + 1,
    'Accept-Ranges': 'bytes',
    ETag: tag,
    'Last-Modified': info.mtime.toUTCString(),
    ...(range && { 'Content-Range': `bytes ${first}-${last}/${info.size}` }),
  })
  if (asked.method === 'HEAD' || last < first) return void reply.end()
  await pipeline(file.createReadStream({ start: first, end: last, autoClose: false, highWaterMark: 256 * 1024 }), reply)
}

/** The one range of a request; several, or something else, are answered as if nothing had been asked for. */
function rangeOf(header: string | undefined, sizeBytes: number): [number, number] | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from)
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  return first >= sizeBytes || first > last ? 'unsatisfiable' : [first, last]
}

function plain(reply: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  reply.writeHead(status, { 'Content-Length': 0, ...headers })
  reply.end()
}

function portFault(port: number, error: Error): Fault {
  const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
  return new Fault(
    isTaken ? 'ResourceInUse' : 'ServiceUnavailable',
    `cannot serve results on port ${port}: ${messageOf(error)}`,
    {
      component: 'LocalPublisher',
      hint: 'Set Publishers.Types.Local.Port to a free port',
    },
  )
}

/** Whether somebody answers at an address; the connection is closed again at once. */
export function isReachable(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
