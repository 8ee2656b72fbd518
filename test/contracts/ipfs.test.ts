import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { resultLimits } from '#providers/bring-archive.ts'
import { addFolder } from '#providers/ipfs/add-folder.ts'
import type { Blocks } from '#providers/ipfs/blocks.ts'
import { IpfsDownloader } from '#providers/ipfs/downloader.ts'
import { Helia } from '#providers/ipfs/helia.ts'
import { Kubo } from '#providers/ipfs/kubo.ts'
import { IpfsPublisher } from '#providers/ipfs/publisher.ts'
import { resolveNames } from '#providers/ipfs/resolve-names.ts'
import type { IpfsSettings } from '#providers/ipfs/settings.ts'
import { IpfsStorage } from '#providers/ipfs/storage.ts'
import { fileCache } from '../kit/file-cache.ts'
import { heliaModule } from '../kit/helia-node.ts'
import { type KuboNode, kuboNode } from '../kit/kubo-node.ts'
import { loneShare } from '../kit/lone-share.ts'
import { partOf } from '../kit/part-of.ts'
import { publishRequest } from '../kit/publish-request.ts'
import { describeVectors } from '../kit/vectors.ts'
import { webServer } from '../kit/web-server.ts'
import { writeFiles } from '../kit/write-files.ts'
import { downloaderSuite } from './downloader.suite.ts'
import { publisherSuite } from './publisher.suite.ts'
import { storageSuite } from './storage.suite.ts'

const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
const never = new AbortController().signal
const settings = (endpoint: string, change: Partial<IpfsSettings> = {}): IpfsSettings => ({
  endpoint,
  setting: 'InputSources.Types.IPFS.Endpoint',
  readTimeoutMs: 60_000,
  retries: 2,
  ...change,
})
const source = (cid: unknown) => ({ Type: 'ipfs', Params: { CID: `${cid}` } })
/** Puts into the node without a request each. */
const direct: Pick<Blocks, 'put'> = { put: async (cid, bytes) => void node.blocks.put(cid, bytes) }
/** Of content that nobody has. */
const nowhere = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'

let node: KuboNode
let kubo: Kubo
const folders: string[] = []
const folder = (files: Record<string, string> = {}) => {
  const root = mkdtempSync(join(tmpdir(), 'bacalhau-ipfs-'))
  folders.push(root)
  writeFiles(root, files)
  return root
}
beforeAll(async () => {
  node = await kuboNode()
  kubo = new Kubo(settings(node.endpoint), clock)
})
afterAll(async () => {
  await kubo.stop()
  await node.close()
})
afterEach(() => {
  for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true })
})

storageSuite('ipfs', async () => {
  const impatient = new Kubo(settings(node.endpoint, { readTimeoutMs: 3_000 }), clock)
  return {
    storage: new IpfsStorage(impatient, undefined),
    holding: async (content) => source(await node.addFile(content)),
    good: source(await node.addFile(Buffer.from('good'))),
    malformed: source('Qmnothing'),
    missing: source(nowhere),
    slow: source(nowhere),
    close: () => impatient.stop(),
  }
})

publisherSuite('ipfs', async () => ({
  publisher: new IpfsPublisher(kubo),
  spec: { Type: 'ipfs' },
  isNamedByContent: true,
  fetch: (published, directory) =>
    new IpfsDownloader(kubo, resultLimits).download(published, directory, () => {}, never),
  close: async () => {},
}))

const helia = (readTimeoutMs = 60_000) => new Helia({ modulePath: heliaModule, readTimeoutMs })

storageSuite('ipfs (Helia)', async () => {
  const blocks = helia(1_000)
  const holding = async (content: Buffer) => {
    const root = folder({})
    writeFileSync(join(root, 'file'), content)
    return source(`${await addFolder(blocks, root, never)}/file`)
  }
  return {
    storage: new IpfsStorage(blocks, undefined),
    holding,
    good: await holding(Buffer.from('good')),
    malformed: source(''),
    missing: source(nowhere),
    slow: source(nowhere),
    close: () => blocks.stop(),
  }
})

publisherSuite('ipfs (Helia)', async () => {
  const blocks = helia()
  return {
    publisher: new IpfsPublisher(blocks),
    spec: { Type: 'ipfs' },
    isNamedByContent: true,
    fetch: (published, directory) =>
      new IpfsDownloader(blocks, resultLimits).download(published, directory, () => {}, never),
    close: () => blocks.stop(),
  }
})

downloaderSuite('ipfs', async () => {
  const impatient = new Kubo(settings(node.endpoint, { readTimeoutMs: 3_000 }), clock)
  const content = await node.addFile(Buffer.from('x'))
  return {
    downloader: new IpfsDownloader(impatient, resultLimits),
    published: async (directory) => source(await addFolder(kubo, directory, never)),
    missing: source(nowhere),
    hostile: source(await node.addFolder([{ name: '../evil', cid: content }])),
    close: () => impatient.stop(),
  }
})

it('of a result only the blocks are asked for that lead to what is wanted, and a link on the way is told', async () => {
  const root = folder({ 'outputs/answer.txt': '42', 'outputs/other.txt': 'x', 'elsewhere/big.bin': 'y' })
  symlinkSync('answer.txt', join(root, 'outputs/link'))
  const cid = await addFolder(kubo, root, never)
  const asked: string[] = []
  const counting = partOf<Blocks>({ get: (each, signal) => (asked.push(`${each}`), kubo.get(each, signal)) })
  const links: string[] = []
  const isWanted = (path: string, isLink: boolean) => {
    if (isLink) links.push(path)
    return !isLink && ['outputs', 'outputs/answer.txt', 'outputs/link'].includes(path)
  }
  const into = folder()
  await new IpfsDownloader(counting, resultLimits).download(source(cid), into, () => {}, never, isWanted)
  expect(readdirSync(into, { recursive: true }).sort()).toEqual(['outputs', 'outputs/answer.txt'])
  expect(links).toEqual(['outputs/link'])
  // The two folders, the file and the link.
  expect(new Set(asked).size).toBe(4)
})

describe('content of IPFS', () => {
  type Change = { limitBytes?: number; storage?: IpfsStorage; signal?: AbortSignal }
  const prepare = async (cid: unknown, { limitBytes = 1e9, storage, signal = never }: Change = {}) => {
    const context = { directory: folder(), share: loneShare, limitBytes }
    const input = { Source: source(cid), Alias: '', Target: '/in' }
    return (storage ?? new IpfsStorage(kubo, undefined)).prepare(input, context, signal)
  }
  const text = (content: string) => node.addFile(Buffer.from(content))
  const refusal = (work: Promise<unknown>) => work.catch(({ code, message, details }) => ({ code, message, details }))

  it('is a file or a folder at the target, also one on the way below an id [R184]', async () => {
    const file = await text('hello')
    const inner = await node.addFolder([{ name: 'a\nb', cid: file }])
    const root = await node.addFolder([
      { name: 'inner', cid: inner },
      { name: 'two words', cid: file },
    ])
    const whole = await prepare(root)
    expect(whole).toMatchObject({ kind: 'directory', guestPath: '/in', isReadOnly: true })
    expect(readdirSync(whole.hostPath, { recursive: true }).sort()).toEqual(['inner', 'inner/a\nb', 'two words'])
    const below = await prepare(`${root}/inner/a\nb`)
    expect(below).toMatchObject({ kind: 'file', guestPath: '/in' })
    expect(readFileSync(below.hostPath, 'utf8')).toBe('hello')
    expect(await prepare(`${root}/inner/`)).toMatchObject({ kind: 'directory' })
    expect(await refusal(prepare(`${root}/nothing/here`))).toEqual({
      code: 'NotFound',
      message: `ipfs://${root}/nothing/here: nothing in it is named "nothing"`,
      details: { FailureClass: 'user' },
    })
  })

  it('comes whole from many blocks and large folders, in every layout [R184]', async () => {
    const content = Buffer.alloc(3_000_000, 'abcdefg')
    const layouts = [{ profile: 'unixfs-v0-2015' }, { profile: 'unixfs-v1-2025' }, { rawLeaves: true, cidVersion: 1 }]
    for (const layout of layouts as []) {
      const cid = await node.addFile(content, layout)
      expect(readFileSync((await prepare(cid)).hostPath).equals(content)).toBe(true)
    }
    const names = Array.from({ length: 1_000 }, (_, n) => `${n} ${'long name '.repeat(24)}end`)
    const large = await addFolder(direct, folder(Object.fromEntries(names.map((name) => [name, name]))), never)
    const { hostPath } = await prepare(large)
    expect(readdirSync(hostPath).sort()).toEqual(names.sort())
    expect(readFileSync((await prepare(`${large}/${names[77]}`)).hostPath, 'utf8')).toBe(names[77])
  })

  it('is checked against its id, whatever the node says', async () => {
    const cid = await text('what was asked for')
    await node.blocks.put(cid, Buffer.from('something else'))
    expect(await refusal(prepare(cid))).toEqual({
      code: 'ServiceUnavailable',
      message: `the IPFS node at ${node.endpoint} gave other content than ${cid}`,
      details: { FailureClass: 'node' },
    })
  })

  it('takes its size before it comes, and its limit when it comes', async () => {
    const [small, large] = [await text('x'), await node.addFile(Buffer.alloc(700_000))]
    const root = await node.addFolder([
      { name: 'a', cid: small },
      { name: 'b', cid: large },
    ])
    const storage = new IpfsStorage(kubo, undefined)
    expect(await storage.sizeBytes(source(large), loneShare, never)).toBe(700_000)
    expect(await storage.sizeBytes(source(`${root}/a`), loneShare, never)).toBe(1)
    expect(await refusal(prepare(root, { limitBytes: 699_999 }))).toMatchObject({
      code: 'ResourceExhausted',
      details: { FailureClass: 'resource' },
    })
  })

  it('writes nothing outside of its folder', async () => {
    const file = await text('x')
    const cases: [string, RegExp][] = [
      [`${await node.addFolder([{ name: '..', cid: file }])}`, /outside of it/],
      [`${await node.addFolder([{ name: 'a/b', cid: file }])}`, /outside of it/],
      [`${await node.addFolder([{ name: '', cid: file }])}`, /outside of it/],
      [`${await node.addFolder([{ name: 'a', cid: await node.addLink('/etc') }])}`, /leads outside of it/],
      [`${await node.addFolder([{ name: 'a', cid: await node.addLink('../../x') }])}`, /leads outside of it/],
      [`${await node.addLink('x')}`, /leads outside of it/],
    ]
    for (const [cid, why] of cases) {
      const refused = await refusal(prepare(cid))
      expect(refused, cid).toMatchObject({ message: expect.stringMatching(why), details: { FailureClass: 'user' } })
    }
    const twice = await node.addFolder([
      { name: 'a', cid: file },
      { name: 'a', cid: await text('y') },
    ])
    expect(await refusal(prepare(twice))).toMatchObject({ message: expect.stringContaining('have one name') })
  })

  it('keeps links that stay inside', async () => {
    const root = await node.addFolder([
      { name: 'file', cid: await text('x') },
      { name: 'link', cid: await node.addLink('file') },
    ])
    expect(readlinkSync(join((await prepare(root)).hostPath, 'link'))).toBe('file')
  })

  it('that is a bomb of few blocks is given up', async () => {
    let cid = await node.addFolder([])
    const names = Array.from({ length: 100 }, (_, n) => `${n}`).sort()
    for (let level = 0; level < 10; level++) cid = await node.addFolder(names.map((name) => ({ name, cid })))
    const limits = { totalBytes: 1e9, fileBytes: 1e9, entries: 500 }
    const work = new IpfsDownloader(kubo, limits).download(source(cid), folder(), () => {}, never)
    expect(await refusal(work)).toMatchObject({ code: 'ResourceExhausted' })

    let part = await node.addFile(Buffer.alloc(1_000_000))
    for (let level = 1; level < 6; level++) {
      const data = new UnixFS({ type: 'file', blockSizes: Array<bigint>(100).fill(BigInt(1e6 * 100 ** (level - 1))) })
      const links = names.map(() => ({ Name: '', Hash: part, Tsize: 1 }))
      part = await node.addBlock(dagPb.encode({ Data: data.marshal(), Links: links }), dagPb.code)
    }
    const asked = node.requests.length
    expect(await refusal(prepare(part))).toMatchObject({ code: 'ResourceExhausted' })
    expect(node.requests.length - asked).toBe(1)
  })

  it('that says another size than it has is refused', async () => {
    const cid = await text('four')
    for (const size of [3n, 5n]) {
      const data = new UnixFS({ type: 'file', blockSizes: [size] })
      const links = [{ Name: '', Hash: cid, Tsize: 1 }]
      const lying = await node.addBlock(dagPb.encode({ Data: data.marshal(), Links: links }), dagPb.code)
      expect(await refusal(prepare(lying))).toMatchObject({ message: expect.stringContaining('is not what it says') })
    }
  })

  it("that is no file or folder is its user's mistake", async () => {
    const json = await node.addBlock(Buffer.from('{}'), 0x0129)
    const noise = await node.addBlock(Buffer.from('noise'), dagPb.code)
    const unknownHash = 'bafykbzacea2b2n6d2dqspnyx2ulo7xbjjqsxlw2dotuyqfrhfqe2vqsbvgqpe'
    for (const cid of [json, noise, 'bafkreialways', unknownHash]) {
      const refused = await refusal(prepare(cid))
      expect(['BadRequest', 'ValidationError'], `${cid}`).toContain((refused as { code: string }).code)
    }
  })

  it('that lies in its id needs no node', async () => {
    const inline = CID.createV1(0x55, {
      code: 0,
      size: 2,
      digest: Buffer.from('hi'),
      bytes: Buffer.from([0, 2, 104, 105]),
    })
    expect(readFileSync((await prepare(inline)).hostPath, 'utf8')).toBe('hi')
  })

  it('is fetched once for all jobs of a node, whatever its id is written in [X7]', async () => {
    const storage = new IpfsStorage(kubo, await fileCache(folders))
    const cid = await node.addFile(Buffer.alloc(2_000_000, 'q'))
    expect(await prepare(cid, { storage })).toMatchObject({ origins: new Set(['brought']) })
    const asked = node.requests.length
    for (const same of [cid, cid.toV1()]) {
      const { hostPath, origins } = await prepare(same, { storage })
      expect(readFileSync(hostPath).length).toBe(2_000_000)
      expect(origins).toEqual(new Set(['kept']))
    }
    expect(node.requests.length).toBe(asked)
    expect(await refusal(prepare(cid, { storage, limitBytes: 1_999_999 }))).toMatchObject({ code: 'ResourceExhausted' })
  })

  it('is asked for again where a connection breaks, but not for ever', async () => {
    const cid = await node.addFile(Buffer.alloc(1_000_000, 'r'))
    node.cuts = 2
    expect(readFileSync((await prepare(cid)).hostPath).length).toBe(1_000_000)
    const root = folder({ stdout: 'published over a bad line' })
    node.cuts = 2
    const published = await addFolder(kubo, root, never)
    node.cuts = Number.POSITIVE_INFINITY
    expect(await refusal(prepare(cid))).toMatchObject({
      code: 'ServiceUnavailable',
      message: expect.stringContaining(`the IPFS node at ${node.endpoint} cannot be reached`),
      details: { FailureClass: 'node' },
    })
    node.cuts = 0
    expect(await prepare(published)).toMatchObject({ kind: 'directory' })
  })

  it('is where its node has it [R184]', async () => {
    const storage = new IpfsStorage(kubo, undefined)
    expect(await storage.isLocal(source(await text('here')), never)).toBe(true)
    expect(await storage.isLocal(source(nowhere), never)).toBe(false)
  })

  it('that nobody has is told with the time it was looked for', async () => {
    const impatient = new Kubo(settings(node.endpoint, { readTimeoutMs: 1_000 }), clock)
    expect(await refusal(prepare(nowhere, { storage: new IpfsStorage(impatient, undefined) }))).toEqual({
      code: 'Timeout',
      message: `the IPFS node at ${node.endpoint} did not find ${nowhere} within 1s`,
      details: { FailureClass: 'transient' },
    })
    await impatient.stop()
  })
})

describe('a node of IPFS', () => {
  it('is offered only while it answers, and again when it is back [X15]', async () => {
    const first = await kuboNode()
    const at = new Kubo(settings(first.endpoint), clock)
    expect(await at.isInstalled(never)).toEqual({ isYes: true })
    await first.close()
    expect(await at.isInstalled(never)).toMatchObject({
      reason: expect.stringContaining(`the IPFS node at ${first.endpoint} cannot be reached`),
    })
    const again = await kuboNode(Number(first.endpoint.split('/').at(-1)))
    expect(await at.isInstalled(never)).toEqual({ isYes: true })
    await at.stop()
    await again.close()
    const none = new Kubo(settings(''), clock)
    expect(await none.isInstalled(never)).toEqual({
      isYes: false,
      reason: 'no IPFS node is named in InputSources.Types.IPFS.Endpoint',
      isOff: true,
    })
  })

  it('that is no Kubo is told apart from one that is away', async () => {
    const server = await webServer((_, reply) => void reply.writeHead(404).end('<html>'))
    const at = new Kubo(settings(`/ip4/127.0.0.1/tcp/${server.port}`), clock)
    expect(await at.isInstalled(never)).toMatchObject({
      reason: expect.stringContaining('refused version: <html> (status 404)'),
    })
    await at.stop()
    await server.close()
  })

  it('that cannot take a result now is tried again by the publisher', async () => {
    const full = await webServer((_, reply) => void reply.writeHead(500).end('{"Message":"no space left on device"}'))
    const at = new Kubo(settings(`/ip4/127.0.0.1/tcp/${full.port}`), clock)
    const request = publishRequest({ Type: 'ipfs' }, folder({ stdout: 'x' }))
    await expect(new IpfsPublisher(at).publish(request, never)).rejects.toMatchObject({
      message: expect.stringContaining('refused block/put: no space left on device (status 500)'),
      isRetryable: true,
      details: { FailureClass: 'transient' },
    })
    await at.stop()
    await full.close()
  })

  it('that is away when a result is ready is waited for by the publisher', async () => {
    const gone = await kuboNode()
    await gone.close()
    const at = new Kubo(settings(gone.endpoint), clock)
    const request = publishRequest({ Type: 'ipfs' }, folder({ stdout: 'x' }))
    const work = new IpfsPublisher(at).publish(request, never)
    await expect(work).rejects.toMatchObject({ isRetryable: true, details: { FailureClass: 'transient' } })
    await at.stop()
  })
})

describe('a Helia node', () => {
  it('that does not start is told with its reason, and asked again', async () => {
    const root = folder({ 'helia.mjs': 'export const node = 1' })
    const broken = new Helia({ modulePath: join(root, 'helia.mjs'), readTimeoutMs: 1 })
    const why = `the Helia node in this process fails: ${root}/helia.mjs exports no function by default`
    for (const _ of [1, 2]) expect(await broken.isInstalled()).toEqual({ isYes: false, reason: why })
    const missing = new Helia({ modulePath: join(root, 'nothing.mjs'), readTimeoutMs: 1 })
    expect(await missing.isInstalled()).toMatchObject({
      reason: expect.stringContaining('Cannot find module'),
    })
  })

  it('is loaded only when it is first asked for', async () => {
    const root = folder({ 'helia.mjs': 'globalThis.isHeliaLoaded = true; export default () => ({})' })
    const idle = new Helia({ modulePath: join(root, 'helia.mjs'), readTimeoutMs: 1 })
    const world = globalThis as { isHeliaLoaded?: boolean }
    await idle.start()
    await idle.stop()
    expect(world.isHeliaLoaded).toBeUndefined()
    expect(await idle.isInstalled()).toEqual({ isYes: true })
    expect(world.isHeliaLoaded).toBe(true)
    delete world.isHeliaLoaded
  })
})

describe('results in IPFS', () => {
  const cidOf = async (root: string) => `${await addFolder(direct, root, never)}`

  it('keep links that stay inside, leave out those that lead out or in a circle, and follow none [X8]', async () => {
    const root = folder({ 'a/file': 'x' })
    symlinkSync('a/file', join(root, 'inside'))
    symlinkSync('/etc/passwd', join(root, 'outside'))
    symlinkSync('../..', join(root, 'a/climbing'))
    symlinkSync('circle', join(root, 'circle'))
    const into = folder()
    await new IpfsDownloader(kubo, resultLimits).download(source(await cidOf(root)), into, () => {}, never)
    expect(readdirSync(into, { recursive: true }).sort()).toEqual(['a', 'a/file', 'inside'])
    expect(readlinkSync(join(into, 'inside'))).toBe('a/file')
  })

  it('are kept by their node [R191]', async () => {
    const request = publishRequest({ Type: 'ipfs' }, folder({ stdout: 'kept' }))
    const { Params } = await new IpfsPublisher(kubo).publish(request, never)
    expect(await node.pins()).toContain(Params?.['CID'])
  })

  describeVectors(
    'cid-dirs.json',
    async (files: Record<string, string | null>) => {
      const root = folder()
      for (const [name, content] of Object.entries(files)) {
        if (content === null) mkdirSync(join(root, name), { recursive: true })
        else writeFiles(root, { [name]: content })
      }
      return cidOf(root)
    },
    { isSame: (id, wanted) => id === (wanted as { v1: string }).v1 },
  )

  describeVectors(
    'cid-files.json',
    async ({ text = '', seed = 0, size }: { text?: string; seed?: number; size?: number }) => {
      const root = folder()
      writeFileSync(join(root, 'file'), size === undefined ? text : stream(seed, size))
      const names = { text: 'it', names: ['file'] }
      return `${await resolveNames(kubo, await addFolder(direct, root, never), names, never)}`
    },
    {
      isSame: (id, wanted) => id === (wanted as { v1: string }).v1,
      // One of those whose tree has three levels is enough.
      skip: ({ in: { size = 0 } }) => size > 20_000_000 && size !== 45_613_057,
    },
  )
})

/** The bytes of the recordings: x(0) = seed, x = x * 1664525 + 1013904223 mod 2^32, byte = x >> 24. */
function stream(seed: number, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0, x = seed; i < size; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    bytes[i] = x >>> 24
  }
  return bytes
}
