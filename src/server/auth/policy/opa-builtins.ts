import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import { stringifyJson } from '#lib/json/stringify.ts'
import { readYaml } from '#lib/yaml/read-yaml.ts'
import { isFor, isSignedBy, type Jwt, readJwt, signJwt } from '../jwt.ts'
import { hashedNow } from './scrypt.ts'

/** What a compiled policy may ask its host: arguments as JSON gives them, the answer as JSON; undefined = no answer. */
export type Builtins = Readonly<Record<string, (...args: any[]) => string | undefined>>

const dayNs = 86_400_000_000_000n

/** What compiled policies of access and login use; all else is compiled into them. */
export const opaBuiltins = (clock: Clock): Builtins => ({
  'time.now_ns': () => String(clock.nowNs()),
  'time.add_date': (ns: number, years: number, months: number, days: number) => {
    const at = new Date(Number(BigInt(Math.trunc(ns)) / 1_000_000n))
    at.setUTCFullYear(at.getUTCFullYear() + years, at.getUTCMonth() + months)
    return String(BigInt(at.getTime()) * 1_000_000n + BigInt(days) * dayNs)
  },
  'io.jwt.encode_sign': (_header: object, claims: object, jwk: Record<string, string>) =>
    JSON.stringify(signJwt(claims, createPrivateKey({ key: jwk, format: 'jwk' }))),
  'io.jwt.decode_verify': (token: string, constraints: Constraints) => {
    const jwt = readJwt(token)
    const isValid = jwt !== undefined && isWithin(jwt, constraints, Number(clock.nowNs()))
    return JSON.stringify(isValid ? [true, jwt.header, jwt.claims] : [false, {}, {}])
  },
  'yaml.unmarshal': (text: string) => stringifyJson(readYaml(text).value),
  'crypto.sha256': (text: string) => JSON.stringify(createHash('sha256').update(text).digest('hex')),
  scrypt: (password: string, salt: string) => JSON.stringify(hashedNow(password, salt)),
})

type Constraints = { cert?: string; iss?: string; aud?: string; time?: number }

/** As OPA has it: what a constraint names must fit, and an audience must be expected. */
function isWithin(jwt: Jwt, { cert = '', iss, aud, time }: Constraints, nowNs: number): boolean {
  const nowSeconds = (time ?? nowNs) / 1e9
  const { claims } = jwt
  const isExpected = aud === undefined ? claims['aud'] === undefined : isFor(jwt, aud)
  const isCurrent =
    Number(claims['exp'] ?? Number.POSITIVE_INFINITY) > nowSeconds && Number(claims['nbf'] ?? 0) <= nowSeconds
  return (
    (iss === undefined || claims['iss'] === iss) &&
    isExpected &&
    isCurrent &&
    keysIn(cert).some((key) => isSignedBy(jwt, key))
  )
}

/** PEM, or a JWK, or a set of them. */
function keysIn(cert: string): KeyObject[] {
  if (cert.includes('-----BEGIN')) return [createPublicKey(cert)]
  const value = JSON.parse(cert) as { keys?: Record<string, string>[] } & Record<string, string>
  return (value.keys ?? [value]).map((key) => createPublicKey({ key, format: 'jwk' }))
}
