import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const content = 'content\n'
const keys = ['in/1', 'in/2', 'in/3']

/** A store of a few objects in this process, which asks nobody who he is: a bucket as S3 lists it, and each object by its URL. */
export async function startSmallStore(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, reply) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname.split('/').filter(Boolean).length < 2) {
      reply.writeHead(200, { 'Content-Type': 'application/xml' }).end(listing)
    } else {
      reply.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': content.length, ETag: '"1"' })
      reply.end(request.method === 'HEAD' ? undefined : content)
    }
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

const contents = keys.map(
  (key) => `<Contents><Key>${key}</Key><Size>${content.length}</Size><ETag>"1"</ETag></Contents>`,
)
const listing = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`
