import { Fault } from '#lib/fault.ts'
import { bytesOfText, textOfBytes } from '#lib/go/byte-text.ts'

/**
 * Where the next page of a list begins: `<sortBy>:<Y|N>:<limit>:<position>` in base64url without padding. The position
 * of the reference is an offset, which we accept and which history uses for its sequence number; ours is the sort value
 * and id of the last item (`k<number>/<id>` or `t<text>/<id>`), so that pages stay right while the list grows.
 */
export type PagingToken = {
  sortBy: string
  isReversed: boolean
  /** 0 = the default. */
  limit: number
  position: { offset: number } | { value: bigint | string; id: string }
}

export function encodePagingToken({ sortBy, isReversed, limit, position }: PagingToken): string {
  const where = 'offset' in position ? String(position.offset) : keysetText(position.value, position.id)
  return base64Url(bytesOfText(`${sortBy}:${isReversed ? 'Y' : 'N'}:${limit}:${where}`))
}

/** Throws a Fault BadRequest with the reference's sentences. */
export function decodePagingToken(token: string): PagingToken {
  const bytes = bytesOfBase64Url(token)
  if (bytes === undefined) throw invalid('failed to decode paging token', token)
  const [sortBy, direction, limit, where, ...more] = textOfBytes(bytes).split(':')
  if (sortBy === undefined || limit === undefined || where === undefined || more.length > 0) {
    throw invalid('invalid number of parts', token)
  }
  const position = positionOf(where)
  if (!isUint32(limit) || position === undefined) throw invalid('malformed token', token)
  return { sortBy, isReversed: direction === 'Y', limit: Number(limit), position }
}

const keysetText = (value: bigint | string, id: string): string =>
  `${typeof value === 'bigint' ? `k${value}` : `t${encodeURIComponent(value)}`}/${encodeURIComponent(id)}`

function positionOf(where: string): PagingToken['position'] | undefined {
  if (isUint32(where)) return { offset: Number(where) }
  const [, kind, value = '', id = ''] = /^([kt])([^/]*)\/(.*)$/s.exec(where) ?? []
  if (kind === undefined || (kind === 'k' && !/^-?\d{1,19}$/.test(value))) return undefined
  try {
    return { value: kind === 'k' ? BigInt(value) : decodeURIComponent(value), id: decodeURIComponent(id) }
  } catch {
    return undefined
  }
}

const isUint32 = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) <= 0xffff_ffff

const invalid = (what: string, token: string): Fault =>
  new Fault('BadRequest', `${what}: invalid paging token: ${token}`, {
    component: 'APIServer',
    hint: 'pass NextToken of the page before as it is',
  })

function base64Url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** As Go's reader: only the URL alphabet and line breaks, no padding, spare bits are of no interest. */
function bytesOfBase64Url(text: string): Uint8Array | undefined {
  const plain = text.replace(/[\r\n]/g, '')
  if (!/^[A-Za-z0-9_-]*$/.test(plain) || plain.length % 4 === 1) return undefined
  return Uint8Array.from(atob(plain.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
}
