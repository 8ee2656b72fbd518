import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { Clock } from '#lib/clock.ts'

/** As NATS does it: the greeting went out in clear, and what follows is TLS. Rejects when that does not come about. */
export function secured(socket: Socket, context: SecureContext, clock: Clock, limitMs: number): Promise<TLSSocket> {
  const secure = Promise.withResolvers<TLSSocket>()
  const tls = new TLSSocket(socket, { isServer: true, secureContext: context })
  const limit = clock.after(limitMs, () => tls.destroy(new Error('the TLS handshake takes too long')))
  tls.once('secure', () => secure.resolve(tls))
  tls.once('error', secure.reject)
  tls.once('close', () => secure.reject(new Error('the connection was closed')))
  return secure.promise.finally(() => limit.stop())
}
