import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A registry of one image on loopback, which container engines trust without TLS. */
export type ImageRegistry = {
  /** Name to pull, with the registry in front. */
  image: string
  port: number
  /** `Authorization` and such of every request, in order. */
  requests: { path: string; authorization: string | undefined }[]
  close(): Promise<void>
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export type RegistryOptions = {
  /** Asks for exactly this basic login (`user:password`); without it everybody may pull. */
  login?: string
  /** Of the image; default ours. */
  architecture?: string
  /** Has a list of images of these instead of one image. */
  architectures?: readonly string[]
}

const types = 'application/vnd.docker.'
const manifestType = `${types}distribution.manifest.v2+json`

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const part = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) })

function imageOf(layer: Buffer, architecture: string): { architecture: string; config: Buffer; manifest: Buffer } {
  const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] }
  const config = json({ architecture, os: 'linux', config: { Cmd: ['/bin/sh'] }, rootfs })
  const manifest = json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: part(`${types}container.image.v1+json`, config),
    layers: [part(`${types}image.rootfs.diff.tar`, layer)],
  })
  return { architecture, config, manifest }
}

const listOf = (images: readonly ReturnType<typeof imageOf>[]): Buffer =>
  json({
    schemaVersion: 2,
    mediaType: `${types}distribution.manifest.list.v2+json`,
    manifests: images.map(({ architecture, manifest }) => ({
      ...part(manifestType, manifest),
      platform: { os: 'linux', architecture },
    })),
  })

const ours = process.arch === 'arm64' ? 'arm64' : 'amd64'

export async function imageRegistry(layer: Buffer, options: RegistryOptions = {}): Promise<ImageRegistry> {
  const { login, architecture = ours, architectures } = options
  const images = (architectures ?? [architecture]).map((each) => imageOf(layer, each))
  const [named] = architectures ? [listOf(images)] : images.map(({ manifest }) => manifest)
  const manifests = [...images.map(({ manifest }) => manifest), ...(named ? [named] : [])]
  const blobs = new Map([layer, ...images.map(({ config }) => config)].map((bytes) => [digestOf(bytes), bytes]))
  const requests: ImageRegistry['requests'] = []

  const answer = (asked: IncomingMessage, reply: ServerResponse) => {
    const path = asked.url ?? ''
    requests.push({ path, authorization: asked.headers.authorization })
    const send = (status: number, type: string, bytes: Buffer, headers: Record<string, string> = {}) => {
      reply.writeHead(status, { 'Content-Type': type, 'Content-Length': bytes.length, ...headers })
      reply.end(asked.method === 'HEAD' ? undefined : bytes)
    }
    const wanted = login && `Basic ${Buffer.from(login).toString('base64')}`
    const error = (code: string) => Buffer.from(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }))
    if (wanted && asked.headers.authorization !== wanted) {
      return send(401, 'application/json', error('UNAUTHORIZED'), { 'WWW-Authenticate': 'Basic realm="test"' })
    }
    if (path === '/v2/') return send(200, 'application/json', Buffer.from('{}'))
    const reference = path.replace('/v2/test/tool/manifests/', '')
    const manifest = reference === '1' ? named : manifests.find((bytes) => digestOf(bytes) === reference)
    if (manifest) {
      const { mediaType } = JSON.parse(manifest.toString('utf8')) as { mediaType: string }
      return send(200, mediaType, manifest, { 'Docker-Content-Digest': digestOf(manifest) })
    }
    const blob = blobs.get(path.replace('/v2/test/tool/blobs/', ''))
    if (blob) return send(200, 'application/octet-stream', blob)
    send(404, 'application/json', error('MANIFEST_UNKNOWN'))
  }

  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    image: `127.0.0.1:${port}/test/tool:1`,
    port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
