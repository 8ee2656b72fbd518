import { createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** A proxy as companies have them; every name leads to this machine. */
export type ForwardProxy = {
  /** What HTTP_PROXY is set to. */
  url: string
  /** `METHOD what` of each request. */
  asked: string[]
  stop(): Promise<void>
}

/** `login` is what it wants to see, as `name:password`. */
export async function forwardProxy(login?: string): Promise<ForwardProxy> {
  const asked: string[] = []
  const wanted = login && `Basic ${Buffer.from(login).toString('base64')}`
  const server = createServer((from, reply) => {
    asked.push(`${from.method} ${from.url}`)
    if (wanted && from.headers['proxy-authorization'] !== wanted) return void reply.writeHead(407).end()
    const { port, pathname, search } = new URL(from.url ?? '')
    const { method, headers } = from
    const to = request({ host: '127.0.0.1', port, path: pathname + search, method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(reply)
    })
    to.on('error', () => reply.destroy())
    to.end()
  })
  server.on('connect', (from, near) => {
    asked.push(`CONNECT ${from.url}`)
    const far = connect(Number(from.url?.split(':').at(-1)), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n')
      near.pipe(far).pipe(near)
    })
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${login ? `${login}@` : ''}127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
