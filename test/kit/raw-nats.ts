import { connect } from 'node:net'
import { until } from './until.ts'

/** Says that to a broker, and gives all that the broker says until it closes. */
export const conversation = (port: number, text: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let heard = ''
    socket.on('data', (piece) => (heard += piece.toString('latin1')))
    // Who is cut off may have said more than was read.
    socket.on('error', () => {})
    socket.on('close', () => resolve(heard))
  })

/** A client of a broker that says just what it is told to say. */
export const rawNats = async (port: number, options: Record<string, unknown>, localAddress = '127.0.0.1') => {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  let heard = ''
  let isClosed = false
  socket.on('error', () => {})
  socket.on('close', () => (isClosed = true))
  socket.on('data', (piece) => {
    heard += piece.toString('latin1')
    if (options['isFrozen']) return
    socket.write('PONG\r\n'.repeat(piece.toString('latin1').split('PING\r\n').length - 1))
  })
  const client = {
    socket,
    heard: () => heard,
    isClosed: () => isClosed,
    say: (...lines: string[]) => socket.write(lines.map((line) => `${line}\r\n`).join('')),
    publish: (subject: string, payload: string, reply = '') =>
      client.say(`PUB ${subject} ${reply} ${Buffer.byteLength(payload)}`, payload),
    hears: (text: string) => until(`hears ${text}: ${heard}`, () => heard.includes(text)),
    /** Everything said until now was looked at by the broker. */
    settled: async () => {
      const pongs = () => heard.split('PONG\r\n').length
      const before = pongs()
      client.say('PING')
      await until('the broker answers', () => pongs() > before || isClosed)
    },
    closed: () => until('the broker closes', () => isClosed),
  }
  client.say(`CONNECT ${JSON.stringify({ headers: true, no_responders: true, ...options })}`, 'PING')
  await until('the broker has decided', () => /PONG|-ERR/.test(heard) || isClosed)
  return client
}
