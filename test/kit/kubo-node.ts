import type { IncomingMessage } from 'node:http'
import * as dagPb from '@ipld/dag-pb'
import { MemoryBlockstore } from 'blockstore-core'
import { UnixFS } from 'ipfs-unixfs'
import { type ImporterOptions, importByteStream } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { heliaNode } from './helia-node.ts'
import { webServer } from './web-server.ts'

/** A Helia node behind the part of Kubo's RPC interface that is used. */
export type KuboNode = {
  /** Multiaddr of it. */
  endpoint: string
  /** What lies beneath the node: without a request, and also other content than the name says, for tests that want it to lie. */
  blocks: MemoryBlockstore
  /** Names of what is pinned, as CIDv1. */
  pins(): Promise<string[]>
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
  const blocks = new MemoryBlockstore()
  const helia = await heliaNode(blocks)
  await helia.start()
  const bytesOf = async (cid: CID, how: Asked) => Buffer.concat(await Array.fromAsync(helia.blockstore.get(cid, how)))
  const lengthOf = async (cid: CID) => ((await blocks.has(cid)) ? (await bytesOf(cid, { offline: true })).length : 0)
  const addBlock = async (bytes: Uint8Array, codec: number) => {
    const cid = CID.createV1(codec, await sha256.digest(bytes))
    await helia.blockstore.put(cid, bytes)
    return cid
  }
  const addNode = (data: UnixFS, Links: dagPb.PBLink[] = []) =>
    addBlock(dagPb.encode({ Data: data.marshal(), Links }), dagPb.code)

  const ofContent: Record<string, (cid: CID, how: Asked) => Promise<unknown>> = {
    'block/get': bytesOf,
    'block/stat': async (cid, how) => ({ Key: `${cid}`, Size: (await bytesOf(cid, how)).length }),
    'pin/add': async (cid, how) => {
      if (!(await helia.pins.isPinned(cid))) await Array.fromAsync(helia.pins.add(cid, how))
      return { Pins: [`${cid}`] }
    },
  }
  const server = await webServer((asked, reply) => {
    const answer = (value: unknown) => reply.end(Buffer.isBuffer(value) ? value : JSON.stringify(value))
    const refuse = ({ message }: Error) =>
      reply.writeHead(500).end(JSON.stringify({ Message: message, Code: 0, Type: 'error' }))
    const url = new URL(asked.url ?? '', 'http://node')
    const command = url.pathname.replace('/api/v0/', '')
    const arg = url.searchParams.get('arg')
    if (kubo.cuts > 0) {
      kubo.cuts -= 1
      return void reply.writeHead(200, { 'Content-Length': 100 }).write('half', () => reply.destroy())
    }
    if (asked.method !== 'POST') return void reply.writeHead(405).end('405 - Method Not Allowed')
    if (command === 'version') return void answer({ Version: '0.34.1' })
    if (command === 'block/put') {
      const codec = url.searchParams.get('cid-codec') === 'raw' ? raw.code : dagPb.code
      const put = async () => answer({ Key: `${await addBlock(await fileOf(asked), codec)}` })
      return void put().catch(refuse)
    }
    const toldOf = ofContent[command]
    if (!arg || !toldOf) return void reply.writeHead(404).end('404 page not found')
    const gone = new AbortController()
    reply.once('close', () => gone.abort())
    const how = { offline: url.searchParams.get('offline') === 'true', signal: gone.signal }
    void toldOf(CID.parse(arg), how).then(answer, (error: Error) =>
      refuse(how.offline ? new Error(`block was not found locally (offline): ipld: could not find ${arg}`) : error),
    )
  }, atPort)

  const kubo: KuboNode = {
    endpoint: `/ip4/127.0.0.1/tcp/${server.port}`,
    blocks,
    cuts: 0,
    requests: server.requests,
    pins: async () => (await Array.fromAsync(helia.pins.ls())).map(({ cid }) => `${cid.toV1()}`),
    addFile: async (content, options = asKubo) =>
      (await importByteStream([content], helia.blockstore as never, { ...options })).cid,
    addFolder: async (entries) =>
      addNode(
        new UnixFS({ type: 'directory' }),
        await Promise.all(
          entries.map(async ({ name, cid }) => ({ Name: name, Hash: cid, Tsize: await lengthOf(cid) })),
        ),
      ),
    addLink: (target) => addNode(new UnixFS({ type: 'symlink', data: Buffer.from(target) as never })),
    addBlock,
    close: async () => {
      await server.close()
      await helia.stop()
    },
  }
  return kubo
}

/** Whether to look on at other nodes, and until when. */
type Asked = { offline: boolean; signal?: AbortSignal }

/** The file of a form. */
async function fileOf(asked: IncomingMessage): Promise<Uint8Array> {
  const headers = { 'content-type': asked.headers['content-type'] ?? '' }
  const form = await new Response(asked as never, { headers }).formData()
  const file = form.get('data') as unknown as Blob
  return new Uint8Array(await file.arrayBuffer())
}
