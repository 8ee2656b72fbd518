import { basename } from 'node:path'
import { Fault } from '#lib/fault.ts'

/** Larger files are packed, as the reference does. */
const plainLimitBytes = 512
/** What may travel inside a job. */
const packedLimitBytes = 10 * 1024 * 1024

/** A file as a data URL: small ones as they are, larger ones as a gzip tar with the file in it. */
export async function inlineUrl(path: string, bytes: Uint8Array): Promise<string> {
  if (bytes.length <= plainLimitBytes) return dataUrl(mimeOf(bytes), bytes)
  return inlineFolderUrl(path, new Map([[basename(path), bytes]]))
}

/** The files of a folder, by their paths below it, as a data URL of a gzip tar. */
export async function inlineFolderUrl(path: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const sizeBytes = files.values().reduce((sum, bytes) => sum + bytes.length, 0)
  if (sizeBytes > packedLimitBytes) {
    throw new Fault('PayloadTooLarge', `${path} is too large to travel inside a job: ${sizeBytes} bytes`, {
      hint: 'Put it where nodes can fetch it and name it with --input or in a job file.',
    })
  }
  const { packTar } = await import('modern-tar')
  const tar = await packTar(
    [...files].map(([name, body]) => ({
      header: { name, size: body.length, mode: 0o755, mtime: new Date(0) },
      body,
    })),
  )
  const { gzipSync } = await import('node:zlib')
  return dataUrl('application/gzip', gzipSync(tar))
}

const dataUrl = (type: string, bytes: Uint8Array): string =>
  `data:${type};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`

const signatures: readonly (readonly [type: string, bytes: readonly number[]])[] = [
  ['application/wasm', [0x00, 0x61, 0x73, 0x6d]],
  ['application/gzip', [0x1f, 0x8b, 0x08]],
]

/** What the content looks like; only what is brought as a module matters. */
function mimeOf(bytes: Uint8Array): string {
  const known = signatures.find(([, signature]) => signature.every((byte, index) => bytes[index] === byte))
  if (known) return known[0]
  return bytes.includes(0) ? 'application/octet-stream' : 'text/plain; charset=utf-8'
}
