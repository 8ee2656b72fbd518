const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const checksumBytes = 2

/** A NATS key as it is written down: base32 of its bytes and their checksum. */
export function keyText(bytes: Uint8Array): string {
  const checked = Buffer.alloc(bytes.length + checksumBytes)
  checked.set(bytes)
  checked.writeUInt16LE(checksumOf(bytes), bytes.length)
  const bits = Array.from(checked, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

/** The bytes of such a text; undefined for what is none. */
export function keyBytes(text: string): Buffer | undefined {
  if (!/^[A-Z2-7]+$/.test(text)) return undefined
  const bits = [...text].map((char) => alphabet.indexOf(char).toString(2).padStart(5, '0')).join('')
  const checked = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  if (checked.length <= checksumBytes) return undefined
  const bytes = checked.subarray(0, -checksumBytes)
  return checked.readUInt16LE(bytes.length) === checksumOf(bytes) ? bytes : undefined
}

/** CRC-16/XMODEM. */
function checksumOf(bytes: Uint8Array): number {
  let checksum = 0
  for (const byte of bytes) {
    checksum ^= byte << 8
    for (let bit = 0; bit < 8; bit++) checksum = ((checksum << 1) ^ (checksum & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return checksum
}
