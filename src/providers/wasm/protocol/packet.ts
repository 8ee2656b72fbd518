/** A head (or a number for it) as JSON with bytes behind it, as a request and its answer travel between a child and its node. */
export function packed(head: object | number, body: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(head))
  const size = Buffer.alloc(sizeBytes)
  size.writeUInt32LE(text.length)
  return Buffer.concat([size, text, body])
}

/** Throws for what is none. */
export function unpacked(bytes: Buffer): { head: unknown; body: Buffer } {
  const end = sizeBytes + bytes.readUInt32LE(0)
  return { head: JSON.parse(bytes.subarray(sizeBytes, end).toString('utf8')), body: bytes.subarray(end) }
}

const sizeBytes = 4
