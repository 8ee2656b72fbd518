/** A SHA-256 in lower-case hex, from what `sha256sum` prints or from base64 as S3 has it; undefined when it is neither. */
export function sha256Hex(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase()
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, 'base64').toString('hex') : undefined
}
