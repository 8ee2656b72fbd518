import { describe, expect, it } from 'vitest'
import { transportFault } from './transport-fault.ts'

/** As fetch hides it. */
const hidden = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error('raw'), { code }) })
const url = 'https://10.0.0.5:1234/api/v1/agent/alive'

describe('a server that cannot be reached', () => {
  it.each([
    ['ECONNREFUSED', 'dial tcp 10.0.0.5:1234: connect: connection refused', 'is a server running at 10.0.0.5:1234?'],
    ['ENOTFOUND', 'dial tcp: lookup 10.0.0.5:1234: no such host', 'is a server running at 10.0.0.5:1234?'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'http: server gave HTTP response to HTTPS client', 'leave --tls out'],
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      '--cacert',
    ],
  ])('is told in words that clients know: %s', (code, reason, hint) => {
    const fault = transportFault('GET', url, hidden(code))
    expect(fault.message).toBe(`Get "${url}": ${reason}`)
    expect(fault.hint).toContain(hint)
    expect(fault.isRetryable).toBe(!reason.startsWith('tls:') && !reason.startsWith('http:'))
  })

  it('that hangs up on a plain request may want TLS [S20]', () => {
    const plain = url.replace('https', 'http')
    expect(transportFault('GET', plain, hidden('ECONNRESET')).hint).toContain('--tls')
    expect(transportFault('GET', url, hidden('ECONNRESET')).hint).toContain('is a server running')
  })

  it('is told in the words of the system when nobody has better ones', () => {
    expect(transportFault('PUT', url, hidden('EXYZ')).message).toBe(`Put "${url}": raw`)
  })
})
