import { isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '#lib/clock.ts'
import { hostKey } from './authority.ts'
import { type ClientHello, helloLimitBytes, readClientHello } from './client-hello.ts'

const firstWordsMs = 60_000
const tlsRecord = 22
/** A fatal alert: unrecognized_name. */
const unknownName = Buffer.from([21, 3, 3, 0, 2, 2, 112])

/** What a program begins with in a tunnel, with the bytes read to know it. */
export type FirstWords =
  | { kind: 'tls'; hello: ClientHello; bytes: Buffer }
  /** Not TLS: HTTP, or what an HTTP server will refuse. */
  | { kind: 'plain'; bytes: Buffer }
  | { kind: 'none' }

/** Listens to the program until it is clear what it speaks. Nothing has reached a server by then. */
export function firstWords(client: Duplex, head: Buffer, clock: Clock): Promise<FirstWords> {
  return new Promise((resolve) => {
    let bytes = head
    const timer = clock.after(firstWordsMs, () => settle({ kind: 'none' }))
    const ended = () => settle({ kind: 'none' })
    const settle = (words: FirstWords) => {
      timer.stop()
      client.off('data', more).off('end', ended).off('close', ended)
      client.pause()
      resolve(words)
    }
    const more = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length === 0) return
      if (bytes[0] !== tlsRecord) return settle({ kind: 'plain', bytes })
      const hello = readClientHello(bytes)
      const isTooLong = hello.kind === 'partial' && bytes.length > helloLimitBytes
      if (hello.kind !== 'partial' || isTooLong) settle({ kind: 'tls', hello, bytes })
    }
    client.on('data', more).on('end', ended).on('close', ended)
    more(Buffer.alloc(0))
  })
}

/** A name in the greeting must be the one the tunnel was asked for; an address has none. */
export function isGreetingFor(hello: ClientHello, host: string): boolean {
  if (hello.kind !== 'hello') return false
  return isIP(host) ? hello.serverName === undefined : hostKey(hello.serverName ?? '') === host
}

export const refuseGreeting = (client: Duplex): void => void client.end(unknownName, () => client.destroy())

/** Joins both ends until both are through; what breaks one breaks the other. */
export function join(client: Duplex, server: Socket, bytes: Buffer): void {
  server.write(bytes)
  client.pipe(server).pipe(client)
  client.on('close', () => server.destroy())
  server.on('close', () => client.destroy())
}
