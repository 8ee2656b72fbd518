import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ReadUpload } from '#contracts/upload-store.ts'
import { Fault } from '#lib/fault.ts'
import { chunkListIdOf, listedBytes } from '#models/chunk-list.ts'
import type { JobId } from '#models/ids.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemDisk } from '#platform/disk.ts'
import { UploadFiles } from '#providers/link/upload-files.ts'
import { UploadStorage } from '#providers/link/upload-storage.ts'
import { localUpload } from '#providers/local-upload.ts'
import { readPart } from '#providers/read-part.ts'
import { unpackTar } from '#providers/unpack-tar.ts'
import { fileCache } from '../kit/file-cache.ts'
import { loneShare } from '../kit/lone-share.ts'
import { seededBytes } from '../kit/seeded-bytes.ts'
import { canMount, mountDisk, unmountDisk } from '../kit/small-disk.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'
import { storageSuite } from './storage.suite.ts'

const never = new AbortController().signal
const jobId = 'j-1' as JobId

/** A user, an orchestrator that keeps what he sends, and a node that asks it. */
function rig(root: string) {
  const clock = new SystemClock()
  const files = new UploadFiles({ directory: join(root, 'uploads'), disk: systemDisk, read: readPart, clock })
  const ask: ReadUpload = async ({ jobId: _, ...query }) => {
    const part = await files.read('default', query)
    if (!part) throw new Fault('NotFound', `no upload ${query.uploadId}`)
    return part
  }
  const settings = { directory: join(root, 'offered'), comingDirectory: join(root, 'coming') }
  /** `read` stands between the node and its orchestrator. */
  const storage = async (read = ask, cache?: Awaited<ReturnType<typeof fileCache>>) => {
    const made = new UploadStorage(settings, { read, clock, unpack: unpackTar, ...(cache && { cache }) })
    await made.start()
    return made
  }
  /** Sends what the orchestrator has not; how many chunks that was. */
  const send = async (path: string): Promise<{ source: SpecConfig; sent: number }> => {
    const { list, chunks } = await localUpload(path, never)
    const { id, missing } = await files.begin('default', list)
    const { length: sent } = missing
    for await (const bytes of chunks()) {
      const at = missing.indexOf(hash('sha256', bytes))
      if (at >= 0) await files.put('default', id, missing.splice(at, 1)[0] as string, one(bytes))
    }
    return { source: { Type: 'upload', Params: { ID: chunkListIdOf(list), SizeBytes: listedBytes(list) } }, sent }
  }
  return { files, ask, settings, storage, send }
}
async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
const inputOf = (Source: SpecConfig) => ({ Source, Alias: '', Target: '/in' })

storageSuite('upload', async () => {
  const root = mkdtempSync(join(tmpdir(), 'bacalhau-upload-'))
  const { storage, send, ask } = rig(root)
  const holding = async (content: Buffer) => {
    const path = join(root, 'content')
    writeFileSync(path, content)
    return (await send(path)).source
  }
  const slow: ReadUpload = ({ uploadId, ...query }) =>
    uploadId === '1'.repeat(64) ? new Promise(() => {}) : ask({ uploadId, ...query })
  return {
    storage: await storage(slow),
    holding,
    good: await holding(Buffer.from('good')),
    malformed: { Type: 'upload', Params: { Path: './never-sent' } },
    missing: { Type: 'upload', Params: { ID: '0'.repeat(64), SizeBytes: 1 } },
    slow: { Type: 'upload', Params: { ID: '1'.repeat(64), SizeBytes: 1 } },
    close: async () => rmSync(root, { recursive: true }),
  }
})

describe('what users send with their jobs', () => {
  let root: string
  const folders: string[] = []
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-upload-'))
    folders.push(root)
  })
  afterEach(() => {
    for (const each of folders.splice(0)) rmSync(each, { recursive: true })
  })
  const directory = () => mkdtempSync(join(root, 'input-'))
  const context = () => ({ directory: directory(), share: loneShare, limitBytes: 1e9 })

  it('is a folder as it was, but for links that lead out of it [F4]', async () => {
    const folder = join(root, 'data')
    mkdirSync(join(folder, 'deep/empty'), { recursive: true })
    writeFileSync(join(folder, 'deep/run.sh'), '#!/bin/sh\n')
    chmodSync(join(folder, 'deep/run.sh'), 0o700)
    writeFileSync(join(folder, 'own'), 'mine', { mode: 0o600 })
    symlinkSync('own', join(folder, 'same'))
    symlinkSync('/etc/passwd', join(folder, 'out'))
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const { send, storage } = rig(root)
    const { leftOut } = await localUpload(folder, never)
    expect(Object.fromEntries(leftOut)).toEqual({
      out: 'it leads out of the folder',
      pipe: 'it is neither a file nor a folder',
    })
    const { source } = await send(folder)
    const { hostPath, kind, guestPath } = await (await storage()).prepare(inputOf(source), context(), never)
    expect([kind, guestPath]).toEqual(['directory', '/in'])
    expect(readdirSync(hostPath, { recursive: true }).map(String).sort()).toEqual([
      ...['deep', 'deep/empty', 'deep/run.sh', 'own', 'same'],
    ])
    expect(readFileSync(join(hostPath, 'same'), 'utf8')).toBe('mine')
    expect(statSync(join(hostPath, 'deep/run.sh')).mode & 0o777).toBe(0o755)
    expect(statSync(join(hostPath, 'own')).mode & 0o777).toBe(0o644)
  })

  it('is no whole file system, and nothing that is not there', async () => {
    await expect(localUpload('/', never)).rejects.toThrow('a whole file system')
    await expect(localUpload('/dev/null', never)).rejects.toThrow('neither a file nor a folder')
    await expect(localUpload(join(root, 'none'), never)).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('is not read any further when the user wants it no more', async () => {
    writeFileSync(join(root, 'large'), seededBytes(9_000_000))
    const left = new AbortController()
    const { chunks } = await localUpload(join(root, 'large'), left.signal)
    const read = chunks()[Symbol.asyncIterator]()
    expect((await read.next()).done).toBe(false)
    left.abort(new Error('left'))
    await expect(read.next()).rejects.toThrow('left')
    await expect(localUpload(join(root, 'large'), left.signal)).rejects.toThrow('left')
  })

  it('is told by name when something of it is removed while it is sent', async () => {
    const folder = join(root, 'data')
    mkdirSync(folder)
    writeFileSync(join(folder, 'first'), seededBytes(9_000_000))
    writeFileSync(join(folder, 'second'), 'gone')
    const read = (await localUpload(folder, never)).chunks()[Symbol.asyncIterator]()
    expect((await read.next()).done).toBe(false)
    rmSync(join(folder, 'second'))
    const rest = async (): Promise<void> => {
      while (!(await read.next()).done);
    }
    await expect(rest()).rejects.toMatchObject({
      code: 'Conflict',
      message: `${join(realpathSync(folder), 'second')} was removed while it was sent`,
      hint: 'Run the command again when nothing changes there.',
    })
  })

  it('keeps that a file may be run', async () => {
    const { send, storage } = rig(root)
    writeFileSync(join(root, 'run'), '#!/bin/sh\n', { mode: 0o711 })
    const { hostPath } = await (await storage()).prepare(
      inputOf((await send(join(root, 'run'))).source),
      context(),
      never,
    )
    expect(statSync(hostPath).mode & 0o777).toBe(0o755)
  })

  it('is not sent again, and when it changes only what changed', async () => {
    const { send } = rig(root)
    const path = join(root, 'large')
    const content = seededBytes(12_000_000)
    writeFileSync(path, content)
    const { sent } = await send(path)
    expect(sent).toBeGreaterThan(3)
    expect((await send(path)).sent).toBe(0)
    writeFileSync(path, Buffer.concat([content, Buffer.from('and a line')]))
    expect((await send(path)).sent).toBeLessThanOrEqual(2)
  })

  it('comes over a line that breaks, and after the end of its node, without what had come', async () => {
    const { send, storage, ask, settings } = rig(root)
    const content = seededBytes(9_000_000)
    writeFileSync(join(root, 'large'), content)
    const { source } = await send(join(root, 'large'))
    let askedBytes = 0
    const counted: ReadUpload = (query) => {
      askedBytes += query.chunk ? query.limitBytes : 0
      return ask(query)
    }
    const cut = new AbortController()
    let pieces = 0
    const breaking: ReadUpload = async (query) => {
      if (++pieces % 20 === 0) throw new Fault('ServiceUnavailable', 'cut', { isRetryable: true })
      if (pieces > 50) cut.abort(new Error('the node is gone'))
      return counted(query)
    }
    await expect((await storage(breaking)).prepare(inputOf(source), context(), cut.signal)).rejects.toThrow('gone')
    const [part = ''] = readdirSync(settings.comingDirectory)
    const { size } = statSync(join(settings.comingDirectory, part))
    expect(size).toBeGreaterThan(3_000_000)
    expect(askedBytes).toBeLessThan(1.3 * size)
    const { hostPath } = await (await storage(counted)).prepare(inputOf(source), context(), never)
    expect(readFileSync(hostPath).equals(content)).toBe(true)
    // Of the chunk that was not whole some comes again.
    expect(askedBytes).toBeLessThan(content.length + 5_000_000)
    expect(readdirSync(settings.comingDirectory)).toEqual([])
  })

  it.skipIf(!canMount)('leaves nothing of itself on a disk that is full, which is told', async () => {
    const { send, storage, settings } = rig(root)
    writeFileSync(join(root, 'large'), seededBytes(4_000_000))
    const { source } = await send(join(root, 'large'))
    mkdirSync(settings.comingDirectory)
    mountDisk(settings.comingDirectory, 'size=2m')
    try {
      const fetched = (await storage()).prepare(inputOf(source), context(), never)
      await expect(fetched).rejects.toMatchObject({ code: 'StorageFull', details: { FailureClass: 'node' } })
      expect(readdirSync(settings.comingDirectory)).toEqual([])
    } finally {
      unmountDisk(settings.comingDirectory)
    }
  })

  it('that was begun and that nobody has wanted for a day leaves its node, also while that runs', async () => {
    const { settings, ask } = rig(root)
    const clock = new StepClock()
    clock.nowAtMs = Date.now()
    const storage = new UploadStorage(settings, { read: ask, clock, unpack: unpackTar })
    await storage.start()
    writeFileSync(join(settings.comingDirectory, '0'.repeat(64)), 'begun')
    const roundAfter = async (ms: number) => {
      clock.goTo(clock.nowAtMs + ms)
      await until('the round is over', () => clock.pending === 1)
    }
    await roundAfter(0)
    await roundAfter(23 * 3600_000)
    expect(readdirSync(settings.comingDirectory)).toHaveLength(1)
    await roundAfter(2 * 3600_000)
    expect(readdirSync(settings.comingDirectory)).toEqual([])
    await storage.stop()
  })

  it('comes in smaller pieces where the bus carries no larger ones', async () => {
    const { send, storage, ask } = rig(root)
    const content = seededBytes(700_000)
    writeFileSync(join(root, 'file'), content)
    const small: ReadUpload = (query) => ask({ ...query, limitBytes: Math.min(query.limitBytes, 16_000) })
    const { hostPath } = await (await storage(small)).prepare(
      inputOf((await send(join(root, 'file'))).source),
      context(),
      never,
    )
    expect(readFileSync(hostPath).equals(content)).toBe(true)
  })

  it('is asked again for a chunk that came as something else', async () => {
    const { send, storage, ask } = rig(root)
    writeFileSync(join(root, 'file'), 'content')
    const { source } = await send(join(root, 'file'))
    let wrongs = 2
    const wrong: ReadUpload = async (query) => {
      const part = await ask(query)
      return query.chunk && wrongs-- > 0 ? { ...part, bytes: Buffer.from('CONTENT') } : part
    }
    const { hostPath } = await (await storage(wrong)).prepare(inputOf(source), context(), never)
    expect(readFileSync(hostPath, 'utf8')).toBe('content')
    expect(wrongs).toBeLessThan(0)
  })

  it('is not taken for what it is not', async () => {
    const { send, storage, ask } = rig(root)
    writeFileSync(join(root, 'file'), 'content')
    const { source } = await send(join(root, 'file'))
    const other: ReadUpload = async (query) => {
      const part = await ask(query)
      return query.chunk ? { ...part, bytes: Buffer.from('CONTENT') } : part
    }
    const where = context()
    await expect((await storage(other)).prepare(inputOf(source), where, never)).rejects.toThrow(
      'came 3 times as something else',
    )
    expect(readdirSync(where.directory)).toEqual([])
  })

  it('lies on a node once for all who read it, and is asked for each time all the same', async () => {
    const { send, storage, ask } = rig(root)
    writeFileSync(join(root, 'file'), 'content')
    const { source } = await send(join(root, 'file'))
    const asked: (string | undefined)[] = []
    const counted: ReadUpload = (query) => {
      asked.push(query.chunk)
      return ask(query)
    }
    const node = await storage(counted, await fileCache(folders))
    const [one, other] = await Promise.all([1, 2].map(() => node.prepare(inputOf(source), context(), never)))
    expect(statSync(one?.hostPath ?? '').ino).toBe(statSync(other?.hostPath ?? '').ino)
    expect([one, other].flatMap((each) => [...(each?.origins ?? [])]).sort()).toEqual(['brought', 'kept'])
    expect(asked.filter((chunk) => chunk !== undefined)).toHaveLength(1)
    expect(asked.filter((chunk) => chunk === undefined)).toHaveLength(2)
  })

  it('is kept by namespace: who knows its digests elsewhere has nothing by it', async () => {
    const { files, send } = rig(root)
    writeFileSync(join(root, 'file'), 'content')
    await send(join(root, 'file'))
    const { list } = await localUpload(join(root, 'file'), never)
    expect(await files.use('default', chunkListIdOf(list), jobId)).toBe(true)
    expect(await files.use('others', chunkListIdOf(list), jobId)).toBe(false)
    expect((await files.begin('others', list)).missing).toEqual([list.Chunks[0]?.SHA256])
    expect(await files.use('others', chunkListIdOf(list), jobId)).toBe(false)
  })

  it('goes with what only it consists of, and is told with the jobs that name it', async () => {
    const { files, send } = rig(root)
    const content = seededBytes(6_000_000)
    writeFileSync(join(root, 'one'), content)
    writeFileSync(join(root, 'two'), Buffer.concat([content, Buffer.from('more')]))
    const ids = [(await send(join(root, 'one'))).source, (await send(join(root, 'two'))).source].map(
      ({ Params }) => Params?.['ID'] as string,
    )
    await files.use('default', ids[1] ?? '', jobId)
    const listed = (await files.list()).toSorted((a, b) => a.sizeBytes - b.sizeBytes)
    expect(listed.map(({ id, jobIds }) => [id, jobIds])).toEqual([
      [ids[0], []],
      [ids[1], [jobId]],
    ])
    const [first, second] = listed
    const chunkOf = async (name: string) => (await localUpload(join(root, name), never)).list.Chunks.at(-1)?.SHA256
    const read = async (id = '', name: string) =>
      files.read('default', { uploadId: id, chunk: (await chunkOf(name)) ?? '', offset: 0, limitBytes: 1 })
    expect((await read(ids[0], 'one'))?.bytes).toHaveLength(1)
    expect(await read(ids[0], 'two'), 'a chunk of another upload').toBeUndefined()
    const before = await files.usedBytes()
    const freedBytes = first && (await files.remove(first))
    expect(await files.sizeBytes('default', ids[1] ?? '')).toBe(6_000_004)
    expect(before - (await files.usedBytes())).toBe(freedBytes)
    expect(await files.usedBytes()).toBeGreaterThan(before / 2)
    if (second) await files.unuse(second, jobId)
    expect((await files.list())[0]?.jobIds).toEqual([])
    if (second) await files.remove(second)
    expect(await files.usedBytes()).toBe(0)
    const late = files.put('default', ids[1] ?? '', (await chunkOf('two')) ?? '', one(Buffer.from('x')))
    await expect(late).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('is in use as long as some of it comes, and what comes after it has gone is refused', async () => {
    const { files } = rig(root)
    writeFileSync(join(root, 'large'), seededBytes(9_000_000))
    const { list, chunks } = await localUpload(join(root, 'large'), never)
    const { id } = await files.begin('default', list)
    const listFile = join(root, 'uploads', readdirSync(join(root, 'uploads'))[0] ?? '', 'lists', id)
    const coming = chunks()[Symbol.asyncIterator]()
    const putNext = async () => {
      const { value } = await coming.next()
      await files.put('default', id, hash('sha256', value), one(value))
    }
    utimesSync(listFile, 1, 1)
    await putNext()
    const [kept] = await files.list()
    expect(Date.now() - kept!.usedMs).toBeLessThan(60_000)
    rmSync(listFile)
    await expect(putNext()).rejects.toMatchObject({ code: 'NotFound', message: expect.stringContaining('has gone') })
  })

  it.each([
    ['a chunk', undefined],
    ['a piece', 0],
  ])('that goes while %s of it comes is to be begun again', async (_, offset) => {
    const { files } = rig(root)
    writeFileSync(join(root, 'file'), 'content')
    const { list } = await localUpload(join(root, 'file'), never)
    const { id, missing } = await files.begin('default', list)
    async function* coming() {
      yield Buffer.from('con')
      for (const each of await files.list()) await files.remove(each)
      yield Buffer.from('tent')
    }
    const put = files.put('default', id, missing[0] ?? '', coming(), offset)
    await expect(put).rejects.toMatchObject({ code: 'NotFound', message: expect.stringContaining('has gone') })
    expect(await files.usedBytes()).toBe(0)
  })

  it.each([
    ['other bytes', 'CONTENT'],
    ['fewer', 'conten'],
    ['more', 'content and more'],
  ])('keeps nothing of a chunk that comes with %s', async (_, sent) => {
    const { files } = rig(root)
    writeFileSync(join(root, 'file'), 'content')
    const { list } = await localUpload(join(root, 'file'), never)
    const { id, missing } = await files.begin('default', list)
    const put = files.put('default', id, missing[0] ?? '', one(Buffer.from(sent)))
    await expect(put).rejects.toMatchObject({ code: 'BadRequest' })
    expect(await files.sizeBytes('default', id)).toBeUndefined()
    expect(
      readdirSync(join(root, 'uploads'), { recursive: true }).filter((name) => /chunks\//.test(String(name))),
    ).toEqual([])
  })

  describe('takes a chunk in pieces', () => {
    const begun = async () => {
      const { files } = rig(root)
      writeFileSync(join(root, 'file'), 'content')
      const { list } = await localUpload(join(root, 'file'), never)
      const { id, missing } = await files.begin('default', list)
      const put = (text: string, offset?: number) =>
        files.put('default', id, missing[0] ?? '', one(Buffer.from(text)), offset)
      const chunks = join(root, 'uploads', readdirSync(join(root, 'uploads'))[0] ?? '', 'chunks')
      return { files, id, put, here: () => readdirSync(chunks).map((name) => name.replace(/^[0-9a-f]{64}/, '')) }
    }

    it('of which one that broke off comes again, and one whose answer was lost is there already', async () => {
      const { files, id, put, here } = await begun()
      await put('con', 0)
      await put('te', 3)
      expect(here()).toEqual(['.part'])
      await put('ten', 3)
      await put('t', 6)
      expect(here()).toEqual([''])
      await put('t', 6)
      expect(await files.use('default', id, jobId)).toBe(true)
    })

    it('from its beginning when those before are not there, or all of it is something else', async () => {
      const { put, here } = await begun()
      await expect(put('t', 6)).rejects.toMatchObject({ code: 'NotFound' })
      await put('CON', 0)
      await expect(put('tent', 3)).rejects.toMatchObject({ code: 'NotFound' })
      expect(here()).toEqual([])
      await expect(put('content and more', 0)).rejects.toMatchObject({ code: 'BadRequest' })
      await put('con', 0)
      await put('content')
      expect(here()).toEqual([''])
    })
  })

  it('takes a chunk that broke off with an earlier life of the orchestrator', async () => {
    const { files } = rig(root)
    writeFileSync(join(root, 'file'), 'content')
    const { list } = await localUpload(join(root, 'file'), never)
    const { id, missing } = await files.begin('default', list)
    const [digest = ''] = missing
    const chunks = join(root, 'uploads', readdirSync(join(root, 'uploads'))[0] ?? '', 'chunks')
    writeFileSync(join(chunks, `${digest}.0`), 'content, of which more had come')
    await files.put('default', id, digest, one(Buffer.from('content')))
    expect(await files.use('default', id, jobId)).toBe(true)
    expect(readdirSync(chunks)).toEqual([digest])
    expect(readFileSync(join(chunks, digest), 'utf8')).toBe('content')
  })

  it('never lies outside of its folder', async () => {
    const { files } = rig(root)
    await expect(files.read('default', { uploadId: '../x', offset: 0, limitBytes: 1 })).rejects.toThrow('no digest')
    await expect(files.put('default', '../x', 'y', one(Buffer.alloc(1)))).rejects.toThrow('no digest')
  })
})
