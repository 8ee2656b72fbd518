import { bytesOfText } from './go/byte-text.ts'

/** The quoting of Go's time package: control characters and every byte beyond ASCII as `\x..`. */
export function quoteBytes(text: string): string {
  let quoted = '"'
  for (const byte of bytesOfText(text)) {
    if (byte < 0x20 || byte >= 0x80) quoted += `\\x${byte.toString(16).padStart(2, '0')}`
    else if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`
    else quoted += String.fromCharCode(byte)
  }
  return `${quoted}"`
}
