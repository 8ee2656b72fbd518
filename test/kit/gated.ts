import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { addressGuard } from '#providers/address-guard.ts'
import { checkedAddresses } from '#providers/checked-addresses.ts'
import { ownCertificate } from './own-certificate.ts'
import { type WebServer, webServer } from './web-server.ts'

/** A made-up internet: names with their addresses, the two servers behind them, and the strictest guard but for those. */
export type TestNet = {
  http: WebServer
  https: { port: number; cert: string; requests: string[] }
  /** Settable: what a name resolves to, one list for each look-up, the last for all later ones. */
  names: Map<string, string[][]>
  addressesOf: ReturnType<typeof checkedAddresses>
  close(): Promise<void>
}

/** `ownPorts` are those of the node itself, which no program reaches. */
export async function testNet(ownPorts: readonly number[] = []): Promise<TestNet> {
  const http = await webServer((asked, reply) => {
    const url = asked.url ?? ''
    if (url === '/never') return
    const target = url === '/circle' ? url : url.startsWith('/to?') ? decodeURIComponent(url.slice(4)) : undefined
    if (target) return void reply.writeHead(302, { Location: target }).end()
    if (asked.method === 'POST') return void asked.pipe(reply)
    reply.end(JSON.stringify({ url: asked.url, headers: asked.headers }))
  })
  const https = await secureServer()
  const names = new Map<string, string[][]>()
  const strict = addressGuard({ allowPrivateAddresses: false, allowLoopback: false, allowedPorts: [] }, () => ownPorts)
  const isOurs = (address: string, port: number) => address === '127.0.0.1' && [http.port, https.port].includes(port)
  const refusalOf = (address: string, port: number) => (isOurs(address, port) ? undefined : strict(address, port))
  const resolve = async (host: string) => {
    const answers = names.get(host)
    if (!answers) throw new Error(`getaddrinfo ENOTFOUND ${host}`)
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? []
  }
  return {
    http,
    https,
    names,
    addressesOf: checkedAddresses(refusalOf, 'Compute.Network.HTTPProxy', resolve),
    close: async () => {
      await http.close()
      await https.close()
    },
  }
}

async function secureServer() {
  const { cert, key } = ownCertificate(['www.good.test', 'other.test'])
  const requests: string[] = []
  const server = createHttps({ cert, key }, (asked, reply) => {
    requests.push(`${asked.method} ${asked.url}`)
    reply.end('secret')
  })
  const { port, close } = await listening(server)
  return { port, cert, requests, close }
}

/** Gives each connection on a loopback port to `take`. */
export const doorTo = (take: (socket: Socket) => void) => listening(createServer({ allowHalfOpen: true }, take))

async function listening(server: Server): Promise<{ port: number; close: () => Promise<void> }> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
