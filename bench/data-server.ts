import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/**
 * Gives data out as fast as it can, and counts it: `/file/BYTES` is a file of that size, `/bucket` a bucket as S3 lists it, with as
 * many objects as `OBJECTS` below `in/`, each of `SIZE` bytes; `/sent` tells how many bytes of data went out.
 * `node data-server.ts OBJECTS SIZE` prints its port.
 */
const [objects = 0, size = 0] = process.argv.slice(2).map(Number)
const block = Buffer.alloc(1024 * 1024, 'data')
const content = Buffer.alloc(size, 'object')
const keys = Array.from({ length: objects }, (_, i) => `in/${String(i).padStart(6, '0')}`)
const pageKeys = 1000
let sentBytes = 0

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [, kind, ...rest] = url.pathname.split('/')
  if (kind === 'sent') return void response.end(String(sentBytes))
  if (kind === 'file') return file(request, response, Number(rest[0]))
  if (rest.join('/') === '') return list(url, response)
  response.writeHead(200, { 'Content-Length': size, 'Content-Type': 'text/plain', ETag: `"${rest.at(-1)}"` })
  if (request.method === 'HEAD') return void response.end()
  sentBytes += size
  response.end(content)
})

function file(request: IncomingMessage, response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'Content-Length': bytes, ETag: `"${bytes}"` })
  if (request.method === 'HEAD') return void response.end()
  let left = bytes
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      const part = left >= block.length ? block : block.subarray(0, left)
      left -= part.length
      sentBytes += part.length
      if (!response.write(part)) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

function list(url: URL, response: ServerResponse): void {
  const from = Number(url.searchParams.get('continuation-token') ?? 0)
  const page = keys.slice(from, from + pageKeys)
  const isMore = from + pageKeys < keys.length
  const contents = page.map(
    (key) => `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"${key.slice(3)}"</ETag></Contents>`,
  )
  const next = isMore ? `<NextContinuationToken>${from + pageKeys}</NextContinuationToken>` : ''
  response.setHeader('Content-Type', 'application/xml')
  response.end(
    `<?xml version="1.0"?><ListBucketResult><KeyCount>${page.length}</KeyCount><IsTruncated>${isMore}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
  )
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address?.port)
})
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
