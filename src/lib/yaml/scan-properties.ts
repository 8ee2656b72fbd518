import { textOfBytes } from '../go/byte-text.ts'
import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isOneOf, isWord } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { scanFault } from './scan-scalars.ts'
import { type Token, tokenOf } from './token.ts'
import type { Mark } from './yaml-fault.ts'

/** `%YAML 1.1` or `%TAG !e! prefix`, to the end of its line. */
export function scanDirective(cursor: Cursor): Token {
  const start = cursor.mark()
  cursor.skip()
  const name = cursor.takeWhile(isWord)
  if (name === '') throw scanFault('could not find expected directive name', cursor, start)
  if (!isBlankOrEnd(cursor.code())) throw scanFault('found unexpected non-alphabetical character', cursor, start)
  if (name !== 'YAML' && name !== 'TAG') throw scanFault('found unknown directive name', cursor, start)
  cursor.takeWhile(isBlank)
  const token = name === 'YAML' ? versionDirective(cursor, start) : tagDirective(cursor, start)
  cursor.takeWhile(isBlank)
  if (cursor.is('#')) cursor.takeWhile((code) => !isBreak(code))
  if (!isBreakOrEnd(cursor.code())) throw scanFault('did not find expected comment or line break', cursor, start)
  cursor.readLine()
  return token
}

function versionDirective(cursor: Cursor, start: Mark): Token {
  const major = versionNumber(cursor, start)
  if (!cursor.is('.')) throw scanFault("did not find expected digit or '.' character", cursor, start)
  cursor.skip()
  const minor = versionNumber(cursor, start)
  return tokenOf('version-directive', start, cursor.mark(), { value: `${major}.${minor}` })
}

function versionNumber(cursor: Cursor, start: Mark): number {
  const digits = cursor.takeWhile(isDigit)
  if (digits === '') throw scanFault('did not find expected version number', cursor, start)
  if (digits.length > 2) throw scanFault('found extremely long version number', cursor, start)
  return Number(digits)
}

function tagDirective(cursor: Cursor, start: Mark): Token {
  const handle = tagHandle(cursor, true, start)
  if (!isBlank(cursor.code())) throw scanFault('did not find expected whitespace', cursor, start)
  cursor.takeWhile(isBlank)
  const value = tagUri(cursor, '', start)
  if (!isBlankOrEnd(cursor.code())) throw scanFault('did not find expected whitespace or line break', cursor, start)
  return tokenOf('tag-directive', start, cursor.mark(), { value, handle })
}

/** `&name` or `*name`. */
export function scanAnchor(cursor: Cursor, kind: 'anchor' | 'alias'): Token {
  const start = cursor.mark()
  cursor.skip()
  const value = cursor.takeWhile(isWord)
  if (value === '' || !(isBlankOrEnd(cursor.code()) || isOneOf(cursor.code(), '?:,]}%@`'))) {
    throw scanFault('did not find expected alphabetic or numeric character', cursor, start)
  }
  return tokenOf(kind, start, cursor.mark(), { value })
}

/** `!suffix`, `!!suffix`, `!handle!suffix`, `!<uri>` or a lone `!` (no handle, suffix `!`). */
export function scanTag(cursor: Cursor): Token {
  const start = cursor.mark()
  const { handle, value } = cursor.is('!<') ? verbatimTag(cursor, start) : shortTag(cursor, start)
  if (!isBlankOrEnd(cursor.code())) throw scanFault('did not find expected whitespace or line break', cursor, start)
  return tokenOf('tag', start, cursor.mark(), { handle, value })
}

function verbatimTag(cursor: Cursor, start: Mark) {
  cursor.skip(2)
  const value = tagUri(cursor, '', start)
  if (!cursor.is('>')) throw scanFault("did not find the expected '>'", cursor, start)
  cursor.skip()
  return { handle: '', value }
}

function shortTag(cursor: Cursor, start: Mark) {
  const handle = tagHandle(cursor, false, start)
  if (handle.length > 1 && handle.endsWith('!')) return { handle, value: tagUri(cursor, '', start) }
  const value = tagUri(cursor, handle, start)
  return value === '' ? { handle: '', value: '!' } : { handle: '!', value }
}

function tagHandle(cursor: Cursor, isDirective: boolean, start: Mark): string {
  if (!cursor.is('!')) throw scanFault("did not find expected '!'", cursor, start)
  const name = cursor.read() + cursor.takeWhile(isWord)
  if (cursor.is('!')) return name + cursor.read()
  if (isDirective && name !== '!') throw scanFault("did not find expected '!'", cursor, start)
  return name
}

/** What follows a handle; `head` is what was taken for a handle (`!…`) and is part of the suffix after all. */
function tagUri(cursor: Cursor, head: string, start: Mark): string {
  let uri = head.slice(1)
  let hasTag = head !== ''
  while (isWord(cursor.code()) || isOneOf(cursor.code(), ";/?:@&=+$,.!~*'()[]%")) {
    uri += cursor.is('%') ? uriEscapes(cursor, start) : cursor.read()
    hasTag = true
  }
  if (!hasTag) throw scanFault('did not find expected tag URI', cursor, start)
  return uri
}

/** `%XX` once or as often as one UTF-8 character takes. */
function uriEscapes(cursor: Cursor, start: Mark): string {
  const bytes = [escapedOctet(cursor, start)]
  const lead = bytes[0] as number
  const length = lead < 0x80 ? 1 : lead >> 5 === 6 ? 2 : lead >> 4 === 14 ? 3 : lead >> 3 === 30 ? 4 : 0
  if (length === 0) throw scanFault('found an incorrect leading UTF-8 octet', cursor, start)
  while (bytes.length < length) {
    const octet = escapedOctet(cursor, start)
    if (octet >> 6 !== 2) throw scanFault('found an incorrect trailing UTF-8 octet', cursor, start)
    bytes.push(octet)
  }
  return textOfBytes(Uint8Array.from(bytes))
}

function escapedOctet(cursor: Cursor, start: Mark): number {
  const digits = String.fromCharCode(cursor.code(1), cursor.code(2))
  if (!cursor.is('%') || !/^[0-9a-f]{2}$/i.test(digits)) {
    throw scanFault('did not find URI escaped octet', cursor, start)
  }
  cursor.skip(3)
  return Number.parseInt(digits, 16)
}
