const encoder = new TextEncoder()

/** 32-bit FNV-1a of the text's UTF-8 bytes, unsigned. Decides which partition an object of S3 belongs to. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
