import type { IncomingMessage } from 'node:http'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { type ImporterOptions, importByteStream } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { webServer } from './web-server.ts'

/** A node of IPFS behind the part of Kubo's RPC interface that is used: all it has is in memory, and it knows no others. */
export type KuboNode = {
  /** Multiaddr of it. */
  endpoint: string
  /** Every block by its id as CIDv1, changed by tests that want it to lie. */
  blocks: Map<string, Uint8Array>
  pins: Set<string>
  /** So many of the next answers break off in their middle. */
  cuts: number
  /** `METHOD path` of every request, in order. */
  requests: string[]
  addFile(content: Uint8Array, options?: ImporterOptions): Promise<CID>
  /** A folder with these entries, in the order given and under any name. */
  addFolder(entries: readonly { name: string; cid: CID }[]): Promise<CID>
  addLink(target: string): Promise<CID>
  /** Any block, also one that is no file or folder. */
  addBlock(bytes: Uint8Array, codec: number): Promise<CID>
  close(): Promise<void>
}

/** As `ipfs add` does it by default. */
const asKubo: ImporterOptions = { profile: 'unixfs-v0-2015' }

export async function kuboNode(atPort = 0): Promise<KuboNode> {
  const blocks = new Map<string, Uint8Array>()
  const pins = new Set<string>()
  const keyOf = (cid: CID) => cid.toV1().toString()
  const store = { put: async (cid: CID, bytes: Uint8Array) => (blocks.set(keyOf(cid), bytes), cid) }
  const addBlock = async (bytes: Uint8Array, codec: number) =>
    store.put(CID.createV1(codec, await sha256.digest(bytes)), bytes)
  const addNode = (data: UnixFS, Links: dagPb.PBLink[] = []) =>
    addBlock(dagPb.encode({ Data: data.marshal(), Links }), dagPb.code)

  const server = await webServer((asked, reply) => {
    const refuse = (Message: string) => reply.writeHead(500).end(JSON.stringify({ Message, Code: 0, Type: 'error' }))
    const answer = (value: unknown) => reply.end(JSON.stringify(value))
    const url = new URL(asked.url ?? '', 'http://node')
    if (kubo.cuts > 0) {
      kubo.cuts -= 1
      return void reply.writeHead(200, { 'Content-Length': 100 }).write('half', () => reply.destroy())
    }
    if (asked.method !== 'POST') return void reply.writeHead(405).end('405 - Method Not Allowed')
    const command = url.pathname.replace('/api/v0/', '')
    const arg = url.searchParams.get('arg') ?? ''
    const block = arg && blocks.get(keyOf(CID.parse(arg)))
    const isOffline = url.searchParams.get('offline') === 'true'
    if (command === 'version') return void answer({ Version: '0.34.1' })
    if (command === 'block/put') {
      const codec = url.searchParams.get('cid-codec') === 'raw' ? raw.code : dagPb.code
      const put = async () => answer({ Key: `${await addBlock(await fileOf(asked), codec)}` })
      return void put().catch((error: Error) => refuse(error.message))
    }
    if (!arg) return void reply.writeHead(404).end('404 page not found')
    if (block === undefined || block === '') {
      // A node that is online looks on for what it does not have.
      if (isOffline) refuse(`block was not found locally (offline): ipld: could not find ${arg}`)
      return
    }
    if (command === 'block/get') return void reply.end(block)
    if (command === 'block/stat') return void answer({ Key: arg, Size: block.length })
    if (command === 'pin/add') {
      pins.add(arg)
      return void answer({ Pins: [arg] })
    }
    reply.writeHead(404).end('404 page not found')
  }, atPort)

  const kubo: KuboNode = {
    endpoint: `/ip4/127.0.0.1/tcp/${server.port}`,
    blocks,
    pins,
    cuts: 0,
    requests: server.requests,
    addFile: async (content, options = asKubo) =>
      (await importByteStream([content], store as never, { ...options })).cid,
    addFolder: (entries) =>
      addNode(
        new UnixFS({ type: 'directory' }),
        entries.map(({ name, cid }) => ({ Name: name, Hash: cid, Tsize: blocks.get(keyOf(cid))?.length ?? 0 })),
      ),
    addLink: (target) => addNode(new UnixFS({ type: 'symlink', data: Buffer.from(target) as never })),
    addBlock,
    close: () => server.close(),
  }
  return kubo
}

/** The file of a form. */
async function fileOf(asked: IncomingMessage): Promise<Uint8Array> {
  const headers = { 'content-type': asked.headers['content-type'] ?? '' }
  const form = await new Response(asked as never, { headers }).formData()
  const file = form.get('data') as unknown as Blob
  return new Uint8Array(await file.arrayBuffer())
}
