import { type KeyLike, sign, verify } from 'node:crypto'

/** The parts of a signed token (RFC 7519), before anything is known of its signature. */
export type Jwt = {
  header: Readonly<Record<string, unknown>>
  claims: Readonly<Record<string, unknown>>
  signed: string
  signature: Buffer
}

const longest = 16_384

/** Undefined when a text is no token at all: not three parts, of which two are JSON objects. */
export function readJwt(text: string): Jwt | undefined {
  const parts = text.split('.')
  if (parts.length !== 3 || text.length > longest) return undefined
  const [head = '', body = '', signature = ''] = parts
  const [header, claims] = [head, body].map(objectIn)
  if (!header || !claims) return undefined
  return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') }
}

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** The only algorithm there is here: what a token says of itself must not choose another. */
export const isSignedBy = ({ header, signed, signature }: Jwt, key: KeyLike): boolean =>
  header['alg'] === 'RS256' && verify('RSA-SHA256', Buffer.from(signed), key, signature)

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export function signJwt(claims: object, key: KeyLike): string {
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

/** Whether the audience of a token, one or several, has this one in it. */
export const isFor = ({ claims: { aud } }: Jwt, audience: string): boolean =>
  Array.isArray(aud) ? aud.includes(audience) : aud === audience
