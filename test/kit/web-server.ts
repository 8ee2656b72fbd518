import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Answer = (asked: IncomingMessage, reply: ServerResponse) => void
export type WebServer = {
  port: number
  /** Of a path that begins with `/`. */
  url(path: string): string
  /** `METHOD path range` of every request, in order. */
  requests: string[]
  close(): Promise<void>
}

/** A web server, on loopback unless another address is named, whose answers the test makes. */
export async function webServer(answer: Answer, atPort = 0, host = '127.0.0.1'): Promise<WebServer> {
  const requests: string[] = []
  const server: Server = createServer((asked, reply) => {
    requests.push([asked.method, asked.url, asked.headers.range].filter((part) => part !== undefined).join(' '))
    answer(asked, reply)
  })
  await new Promise<void>((resolve) => server.listen(atPort, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
