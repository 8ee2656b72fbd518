import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { floodBlock } from './flood.ts'

/**
 * What this machine can stream at best: each WebSocket gets as many bytes as its path says, in frames of the same form and
 * size as ours, which were made before. `node limit-stream.ts` prints its port.
 */
const frame = `${JSON.stringify({ value: { Type: 1, Line: floodBlock } })}\n`
const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

sockets.on('connection', (socket, { url = '' }) => {
  let left = Math.ceil(Number(url.slice(1)) / floodBlock.length)
  const send = (): void => {
    if (left-- > 0) socket.send(frame, () => send())
    else socket.close(1000)
  }
  for (let at = 0; at < 4; at++) send()
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address?.port)
})
process.once('SIGTERM', () => process.exit())
