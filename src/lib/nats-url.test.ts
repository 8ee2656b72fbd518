import { describe, expect, it } from 'vitest'
import { natsUrlsProblem, parseNatsUrl } from './nats-url.ts'

describe('the address of a NATS server', () => {
  it.each([
    ['nats://10.0.0.5:4222', '10.0.0.5:4222', false, undefined],
    ['broker.example', 'broker.example:4222', false, undefined],
    ['broker.example:80', 'broker.example:80', false, undefined],
    ['nats://[::1]:4333/', '[::1]:4333', false, undefined],
    ['tls://broker:4222', 'broker:4222', true, undefined],
    ['nats://s3cret@broker', 'broker:4222', false, { token: 's3cret' }],
    ['nats://us%40er:pass%3Aword@broker', 'broker:4222', false, { user: 'us@er', password: 'pass:word' }],
  ])('%s is read', (text, address, isTls, login) => {
    expect(parseNatsUrl(text)).toEqual({ address, isTls, login })
  })

  it.each([
    '',
    'nats://',
    'http://broker:4222',
    'ws://broker',
    'nats://broker:99999',
    'nats://broker/path',
    'nats://%zz@a',
    'a b',
  ])('%j is none', (text) => {
    expect(parseNatsUrl(text)).toBeUndefined()
    expect(natsUrlsProblem(['nats://fine', text])).toBe('expects addresses like nats://host:4222')
  })

  it('is shown the same login everywhere, which need not be repeated', () => {
    expect(natsUrlsProblem(['nats://a:b@one', 'nats://two', 'nats://a:b@three'])).toBeUndefined()
    expect(natsUrlsProblem(['nats://a:b@one', 'nats://a:c@two'])).toBe('expects one login for all servers')
  })
})
