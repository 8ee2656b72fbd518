import { createHash } from 'node:crypto'

export type StoredObject = { bytes: Buffer; etag: string; contentType: string }
type Upload = { bucket: string; key: string; parts: Map<number, Buffer>; contentType: string }

const pageKeys = 1000
const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex')
const escaped = (text: string): string =>
  text.replace(/[&<>\x00-\x1f]/g, (each) => (each < ' ' ? `&#x${each.charCodeAt(0).toString(16)};` : entities[each]!))
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** What a store in memory holds, and how S3 writes lists of it. */
export class S3Buckets {
  readonly #buckets = new Map<string, Map<string, StoredObject>>()
  readonly #uploads = new Map<string, Upload>()

  make(bucket: string): void {
    this.#buckets.set(bucket, new Map())
  }

  has(bucket: string): boolean {
    return this.#buckets.has(bucket)
  }

  get(bucket: string, key: string): StoredObject | undefined {
    return this.#buckets.get(bucket)?.get(key)
  }

  put(bucket: string, key: string, content: Buffer | string, contentType = 'text/plain'): StoredObject {
    const bytes = Buffer.from(content)
    const object = { bytes, etag: `"${md5(bytes)}"`, contentType }
    this.#buckets.get(bucket)!.set(key, object)
    return object
  }

  remove(bucket: string, key: string): void {
    this.#buckets.get(bucket)!.delete(key)
  }

  /** By key, as a list gives them. */
  keys(bucket: string, prefix = ''): string[] {
    const keys = [...this.#buckets.get(bucket)!.keys()].filter((key) => key.startsWith(prefix))
    return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  /** Of uploads that were neither ended nor taken back. */
  openUploads(): number {
    return this.#uploads.size
  }

  begin(bucket: string, key: string, contentType: string): string {
    const id = `upload-${this.#uploads.size}-${key}`
    this.#uploads.set(id, { bucket, key, contentType, parts: new Map() })
    return id
  }

  part(id: string, number: number, bytes: Buffer): string | undefined {
    this.#uploads.get(id)?.parts.set(number, bytes)
    return this.#uploads.has(id) ? `"${md5(bytes)}"` : undefined
  }

  finish(id: string): StoredObject | undefined {
    const upload = this.#uploads.get(id)
    this.#uploads.delete(id)
    if (!upload) return undefined
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)
    return this.put(upload.bucket, upload.key, Buffer.concat(parts), upload.contentType)
  }

  takeBack(id: string): void {
    this.#uploads.delete(id)
  }

  /** A page of ListObjectsV2 as XML; `token` is where it goes on. */
  page(bucket: string, prefix: string, token: string | null): string {
    const keys = this.keys(bucket, prefix)
    const from = Number(token ?? 0)
    const until = from + pageKeys
    const contents = keys.slice(from, until).map((key) => {
      const { bytes, etag } = this.get(bucket, key)!
      return `<Contents><Key>${escaped(key)}</Key><Size>${bytes.length}</Size><ETag>${escaped(etag)}</ETag></Contents>`
    })
    const next = until < keys.length ? `<NextContinuationToken>${until}</NextContinuationToken>` : ''
    return `<ListBucketResult><KeyCount>${contents.length}</KeyCount><IsTruncated>${next !== ''}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`
  }
}
