const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** Bases by their letter; those of one case are read in either. */
const alphabets: Readonly<Record<string, string>> = {
  z: base58,
  Z: '123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ',
  k: '0123456789abcdefghijklmnopqrstuvwxyz',
}
const bitBases: Readonly<Record<string, readonly [alphabet: string, bits: number]>> = {
  f: ['0123456789abcdef', 4],
  b: ['abcdefghijklmnopqrstuvwxyz234567', 5],
  m: ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 6],
  u: ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 6],
}
const sha256Code = 0x12
const longestText = 512

/** Whether a text is the content id of IPFS, in either version, rather than the name of a file. */
export const isCid = (text: string): boolean => cidBytes(text) !== undefined

/** The bytes of a content id of IPFS, in either version and any base; undefined for any other text. */
export function cidBytes(text: string): Uint8Array | undefined {
  if (text.length > longestText) return undefined
  const isFirst = /^Qm.{44}$/s.test(text)
  const bytes = isFirst ? digitsToBytes(text, base58) : decoded(/^[fFbBkK]/.test(text) ? text.toLowerCase() : text)
  return (isFirst ? isMultihash(bytes, sha256Code) : isSecond(bytes)) ? bytes : undefined
}

/** A version, a codec and a hash. */
function isSecond(bytes: Uint8Array | undefined): boolean {
  const [version, afterVersion] = varint(bytes, 0)
  const [codec, afterCodec] = varint(bytes, afterVersion)
  return version === 1 && codec !== undefined && isMultihash(bytes?.subarray(afterCodec))
}

/** The bytes of a text whose first letter names its base. */
function decoded(text: string): Uint8Array | undefined {
  const base = text[0] ?? ''
  const digits = text.slice(1)
  if (Object.hasOwn(alphabets, base)) return digitsToBytes(digits, alphabets[base] ?? '')
  return Object.hasOwn(bitBases, base) ? bitsToBytes(digits, ...(bitBases[base] as [string, number])) : undefined
}

/** A code, a length, and that many bytes. */
function isMultihash(bytes: Uint8Array | undefined, wantedCode?: number): boolean {
  const [code, afterCode] = varint(bytes, 0)
  const [length, afterLength] = varint(bytes, afterCode)
  if (bytes === undefined || code === undefined || length === undefined) return false
  return (wantedCode === undefined || code === wantedCode) && bytes.length - afterLength === length
}

/** An unsigned varint of few bytes, minimally written. */
function varint(bytes: Uint8Array | undefined, at: number): [value: number | undefined, next: number] {
  let value = 0
  for (let index = 0; index < 4; index++) {
    const byte = bytes?.[at + index]
    if (byte === undefined) break
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return byte === 0 && index > 0 ? [undefined, at] : [value, at + index + 1]
  }
  return [undefined, at]
}

/** Digits of a base that is no power of two; each leading zero digit is a zero byte. */
function digitsToBytes(text: string, alphabet: string): Uint8Array | undefined {
  let value = 0n
  for (const char of text) {
    const digit = alphabet.indexOf(char)
    if (digit < 0) return undefined
    value = value * BigInt(alphabet.length) + BigInt(digit)
  }
  const zeros = text.length - text.replace(new RegExp(`^${alphabet[0]}+`), '').length
  const hex = value === 0n ? '' : value.toString(16)
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')])
}

/** Digits of 4, 5 or 6 bits; what is left at the end must be zero. */
function bitsToBytes(text: string, alphabet: string, bits: number): Uint8Array | undefined {
  const bytes: number[] = []
  let held = 0
  let heldBits = 0
  for (const char of text) {
    const digit = alphabet.indexOf(char)
    if (digit < 0) return undefined
    held = (held << bits) | digit
    heldBits += bits
    if (heldBits < 8) continue
    heldBits -= 8
    bytes.push(held >> heldBits)
    held &= (1 << heldBits) - 1
  }
  return heldBits < bits ? Uint8Array.from(bytes) : undefined
}
