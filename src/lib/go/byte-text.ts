/**
 * Go strings are bytes; ours are UTF-16. Each byte that is not part of valid UTF-8 is carried as the lone surrogate
 * U+DC00 + byte (U+DC80…U+DCFF), so that text read from a file can be given back, quoted or refused byte by byte.
 * Any other lone surrogate has no bytes of its own and becomes U+FFFD, as in Go.
 */
const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads bytes as text; invalid ones become U+DC80…U+DCFF. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return lenientText(bytes)
  }
}

/** The bytes of a text, the inverse of `textOfBytes`. */
export function bytesOfText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text)
  const bytes: number[] = []
  for (const char of text) {
    const escaped = escapedByte(char.codePointAt(0) as number)
    if (escaped === undefined) bytes.push(...encoder.encode(char))
    else bytes.push(escaped)
  }
  return Uint8Array.from(bytes)
}

/** The byte that a code point of such a text stands for, or undefined when it is an ordinary one. */
export const escapedByte = (codePoint: number): number | undefined =>
  codePoint >= 0xdc80 && codePoint <= 0xdcff ? codePoint - 0xdc00 : undefined

/** How many bytes Go's `len` counts. */
export function byteLength(text: string): number {
  let length = 0
  for (const char of text) length += codePointByteLength(char.codePointAt(0) as number)
  return length
}

/** How many bytes one code point takes in UTF-8; an escaped byte takes one. */
export function codePointByteLength(codePoint: number): number {
  if (codePoint < 0x80 || escapedByte(codePoint) !== undefined) return 1
  if (codePoint < 0x800) return 2
  return codePoint < 0x10000 ? 3 : 4
}

function lenientText(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    if (length === 0) text += String.fromCharCode(0xdc00 + (bytes[at] as number))
    else text += strict.decode(bytes.subarray(at, at + length))
    at += Math.max(length, 1)
  }
  return text
}

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none (Unicode table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number
  if (lead < 0x80) return 1
  const length = lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) === 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  const second = bytes[at + 1] as number
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let next = 2; next < length; next++) if (((bytes[at + next] as number) & 0xc0) !== 0x80) return 0
  return length
}
