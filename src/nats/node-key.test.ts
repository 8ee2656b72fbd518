import { nkeys } from '@nats-io/transport-node'
import { expect, it } from 'vitest'
import { newKeySeed, publicKeyOf, signerOf } from './node-key.ts'
import { isProven } from './server/key-proof.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const theirs = () => {
  const pair = nkeys.createUser()
  return { pair, seed: new TextDecoder().decode(pair.getSeed()) }
}

it('keys are read, named and used for signing as the NATS library does it', () => {
  const { pair, seed } = theirs()
  expect(publicKeyOf(seed)).toBe(pair.getPublicKey())
  const { nkey, sig } = signerOf(seed)('nonce')
  expect(nkey).toBe(pair.getPublicKey())
  expect(sig).toBe(nkeys.encode(pair.sign(bytesOf('nonce'))))
  expect(isProven(nkey, sig, 'nonce')).toBe(true)
  expect(isProven(nkey, sig, 'another')).toBe(false)
})

it('a new key is one that the library takes', () => {
  const seed = newKeySeed()
  const pair = nkeys.fromSeed(bytesOf(seed))
  expect(pair.getPublicKey()).toBe(publicKeyOf(seed))
  expect(pair.verify(bytesOf('nonce'), nkeys.decode(signerOf(seed)('nonce').sig))).toBe(true)
})

it('a server that greets without a nonce gets no signature', () => {
  const seed = newKeySeed()
  expect(signerOf(seed)()).toEqual({ nkey: publicKeyOf(seed), sig: '' })
})

it.each([
  ['nothing', () => ''],
  ['other letters', () => 'su…'],
  ['a public key', () => publicKeyOf(newKeySeed())],
  ['the secret of an account', () => new TextDecoder().decode(nkeys.createAccount().getSeed())],
  ['half a secret', () => newKeySeed().slice(0, 30)],
  ['a secret with a wrong letter', () => newKeySeed().replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))],
])('%s is no secret', (_, text) => {
  expect(() => publicKeyOf(text())).toThrow('no secret of a NATS user')
})

it('a name with a wrong letter proves nothing', () => {
  const { nkey, sig } = signerOf(newKeySeed())('nonce')
  const wrong = nkey.replace(/^U(.)/, (_, next) => `U${next === 'A' ? 'B' : 'A'}`)
  expect(isProven(wrong, sig, 'nonce')).toBe(false)
})
