import { createServer } from 'node:net'
import { proxyAddress } from './proxy-address.ts'

/**
 * The whole life of a process that `openListener` starts inside the network of a container: it opens the port there, hands it to
 * the node and ends. A socket stays in the network it was opened in, whoever holds it.
 */
export function runListenChild(): void {
  const server = createServer()
  server.on('error', (error) => process.send?.(error.message, () => process.exit(1)))
  server.listen(proxyAddress.port, proxyAddress.host, () => {
    process.send?.('listening', server, undefined, () => process.exit(0))
  })
}
