import { Fault } from './fault.ts'
import { bytesOfText, textOfBytes } from './go/byte-text.ts'
import { parseUint } from './go/strconv-parse.ts'

/** Where a listing goes on, in the form Bacalhau's clients carry: opaque to them, offset based. */
export type PagingToken = { sortBy: string; isReverse: boolean; limit: number; offset: number }

/** The text of a token: base64url without padding of `sortBy:Y|N:limit:offset`. */
export const formatPagingToken = ({ sortBy, isReverse, limit, offset }: PagingToken): string =>
  Buffer.from(bytesOfText(`${sortBy}:${isReverse ? 'Y' : 'N'}:${limit}:${offset}`)).toString('base64url')

/** Reads a token. Throws Fault('BadRequest') for anything that is none. */
export function parsePagingToken(token: string): PagingToken {
  const body = token.replace(/[\r\n]/g, '')
  if (!/^[A-Za-z0-9_-]*$/.test(body) || body.length % 4 === 1) throw tokenFault('failed to decode paging token', token)
  const parts = textOfBytes(Buffer.from(body, 'base64url')).split(':')
  const [sortBy = '', direction = '', limit = '', offset = ''] = parts
  if (parts.length !== 4) throw tokenFault('invalid number of parts', token)
  return { sortBy, isReverse: direction === 'Y', limit: count(limit, token), offset: count(offset, token) }
}

function count(text: string, token: string): number {
  try {
    return Number(parseUint(text, 10, 32))
  } catch {
    throw tokenFault('malformed token', token)
  }
}

const tokenFault = (problem: string, token: string): Fault =>
  new Fault('BadRequest', `${problem}: invalid paging token: ${token}`, {
    hint: 'Use the NextToken of the page before as it is.',
  })
