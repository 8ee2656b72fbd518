import { randomUUID } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Publisher, PublishRequest } from '#contracts/publisher.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { publishRequest } from '../kit/publish-request.ts'
import { writeFiles } from '../kit/write-files.ts'

export type PublisherFixture = {
  publisher: Publisher
  /** A good specification of it. */
  spec: SpecConfig
  /** The place of a result says what is in it: another result, another place. */
  isNamedByContent?: true
  /** Brings what was published back into an empty folder; absent for one that keeps nothing. */
  fetch?(published: SpecConfig, directory: string): Promise<void>
  /** The archive as its address gives it; of one that keeps results on the node. */
  bytes?(published: SpecConfig): Promise<Buffer>
  /** Everything it has stored by name, also unfinished things. */
  stored?(): Promise<string[]>
  close(): Promise<void>
}

/** What every publisher promises (contracts/publisher.ts). */
export function publisherSuite(name: string, make: () => Promise<PublisherFixture>): void {
  describe(`publisher ${name}`, () => {
    let fixture: PublisherFixture
    let root: string
    beforeAll(async () => {
      fixture = await make()
      root = mkdtempSync(join(tmpdir(), 'bacalhau-publisher-'))
    })
    afterAll(async () => {
      await fixture.close()
      rmSync(root, { recursive: true, force: true })
    })

    const request = (files: Record<string, string>): PublishRequest => {
      const resultDirectory = mkdtempSync(join(root, 'result-'))
      writeFiles(resultDirectory, files)
      return publishRequest(fixture.spec, resultDirectory)
    }
    const files = { stdout: 'out\n', stderr: '', exitCode: '0', 'outputs/deep/answer.txt': '42' }
    const never = new AbortController().signal

    it('says that it can work here and accepts a good specification', async () => {
      expect(await fixture.publisher.isInstalled(never)).toEqual({ isYes: true })
      expect(await fixture.publisher.accepts(fixture.spec)).toEqual({ isYes: true })
    })

    it('stores a whole result where it says', async () => {
      const published = await fixture.publisher.publish(request(files), never)
      expect(typeof published.Type).toBe('string')
      if (!fixture.fetch) return
      const directory = mkdtempSync(join(root, 'fetched-'))
      await fixture.fetch(published, directory)
      expect(readdirSync(directory).sort()).toEqual(['exitCode', 'outputs', 'stderr', 'stdout'])
      expect(readFileSync(join(directory, 'outputs/deep/answer.txt'), 'utf8')).toBe('42')
    })

    it('follows no link out of a result, wherever it leads and through whichever others [R135, S3]', async () => {
      if (!fixture.fetch) return
      const outside = join(root, `outside-${randomUUID()}`)
      mkdirSync(outside)
      writeFileSync(join(outside, 'secret'), 'SECRET')
      const asked = request(files)
      const link = (target: string, name: string) => symlinkSync(target, join(asked.resultDirectory, name))
      const up = `../${basename(outside)}`
      link(join(outside, 'secret'), 'absolute-file')
      link(outside, 'absolute-folder')
      link(`${up}/secret`, 'relative-file')
      link(up, 'relative-folder')
      link(`../${up}/secret`, 'outputs/relative-file')
      link('absolute-folder/secret', 'chain')
      link('..', 'outputs/up')
      link(`outputs/up/${up}/secret`, 'through')
      const told = new Map<string, string>()
      const onLeftOut = (each: string, why: string) => told.set(each, why)
      const published = await fixture.publisher.publish({ ...asked, onLeftOut }, never)
      const directory = mkdtempSync(join(root, 'fetched-'))
      await fixture.fetch(published, directory)
      const links = [
        'absolute-file',
        'absolute-folder',
        'relative-file',
        'relative-folder',
        'outputs/relative-file',
        'through',
      ]
      const isThere = (each: string) => lstatSync(join(directory, each), { throwIfNoEntry: false }) !== undefined
      expect(links.filter(isThere)).toEqual([])
      // What is not there was told, and nothing else.
      const made = [...links, 'chain', 'outputs/up']
      expect([...told.keys()].sort()).toEqual(made.filter((each) => !isThere(each)).sort())
      // It leads to another link, which is not there.
      expect(existsSync(join(directory, 'chain'))).toBe(false)
      expect(readFileSync(join(directory, 'outputs/deep/answer.txt'), 'utf8')).toBe('42')
    })

    it('leaves out what has a name that is no text, and says so, with all the rest there', async () => {
      if (!fixture.fetch) return
      const asked = request(files)
      writeFileSync(Buffer.concat([Buffer.from(`${asked.resultDirectory}/outputs/caf`), Buffer.from([0xe9])]), 'latin')
      writeFileSync(join(asked.resultDirectory, 'outputs/caf\uFFFD'), 'a text')
      const told: string[] = []
      const onLeftOut = (...each: string[]) => void told.push(each.join(': '))
      const published = await fixture.publisher.publish({ ...asked, onLeftOut }, never)
      const directory = mkdtempSync(join(root, 'fetched-'))
      await fixture.fetch(published, directory)
      expect(told).toEqual(['outputs/caf\uFFFD: its name is not UTF-8'])
      expect(readdirSync(join(directory, 'outputs')).sort()).toEqual(['caf\uFFFD', 'deep'])
    })

    it('gives the same place again for the same execution, with what is there now', async () => {
      const asked = request(files)
      const first = await fixture.publisher.publish(asked, never)
      if (fixture.isNamedByContent) expect(await fixture.publisher.publish(asked, never)).toEqual(first)
      writeFileSync(join(asked.resultDirectory, 'stdout'), 'second\n')
      const second = await fixture.publisher.publish(asked, never)
      if (!fixture.isNamedByContent) expect(placeOf(second)).toEqual(placeOf(first))
      if (!fixture.fetch) return
      const directory = mkdtempSync(join(root, 'fetched-'))
      await fixture.fetch(fixture.isNamedByContent ? second : first, directory)
      expect(readFileSync(join(directory, 'stdout'), 'utf8')).toBe('second\n')
    })

    it('keeps results of different executions apart', async () => {
      const published = await Promise.all(
        [1, 2, 3].map((n) => fixture.publisher.publish(request({ stdout: `${n}` }), never)),
      )
      if (fixture.fetch) expect(new Set(published.map((each) => JSON.stringify(each))).size).toBe(3)
    })

    it('leaves nothing half done when it is told to stop', async () => {
      const before = (await fixture.stored?.())?.sort()
      const told = new AbortController()
      const work = fixture.publisher.publish(request({ ...files, big: 'x'.repeat(5_000_000) }), told.signal)
      told.abort(new Error('stop'))
      await work.catch((error: Error) => expect(error.message).toBe('stop'))
      if (before) expect((await fixture.stored?.())?.filter((name) => name.includes('part'))).toEqual([])
    })

    it('gives out piece by piece what it keeps, and nothing else [R190]', async () => {
      const { publisher } = fixture
      if (!publisher.readKept || !fixture.bytes) return
      const asked = request({ ...files, big: Array.from({ length: 5_000 }, (_, n) => n * 7919).join(' ') })
      const { executionId } = asked
      expect(await publisher.readKept({ executionId, offset: 0, limitBytes: 10 })).toBeUndefined()
      const published = await publisher.publish(asked, never)
      const pieces: Uint8Array[] = []
      const head = await publisher.readKept({ executionId, offset: 0, limitBytes: 0 })
      for (let offset = 0; ; offset += 1_000) {
        const part = await publisher.readKept({ executionId, offset, limitBytes: 1_000 })
        expect(part).toMatchObject({ sizeBytes: head?.sizeBytes, tag: head?.tag })
        if (part?.bytes.length === 0) break
        pieces.push(part?.bytes ?? Buffer.alloc(0))
      }
      expect(pieces.slice(0, -1).every(({ length }) => length === 1_000)).toBe(true)
      const whole = Buffer.concat(pieces)
      expect(whole.length).toBe(head?.sizeBytes)
      expect(whole.equals(await fixture.bytes!(published))).toBe(true)
      writeFileSync(join(asked.resultDirectory, 'stdout'), 'another\n')
      await publisher.publish(asked, never)
      expect((await publisher.readKept({ executionId, offset: 0, limitBytes: 0 }))?.tag).not.toBe(head?.tag)
      for (const name of ['../secret', 'a/b', '', 'x'.repeat(200), `${executionId}.tar.gz`]) {
        const query = { executionId: name as typeof executionId, offset: 0, limitBytes: 10 }
        await expect((async () => publisher.readKept?.(query))()).rejects.toMatchObject({ code: 'BadRequest' })
      }
    })

    it('fails with a clear error when there is nothing to publish', async () => {
      if (!fixture.fetch) return
      const asked = { ...request(files), resultDirectory: join(root, 'not-there') }
      await expect(fixture.publisher.publish(asked, never)).rejects.toMatchObject({ name: 'Fault' })
    })
  })
}

/** Without what tells the content. */
const placeOf = ({ Type, Params }: SpecConfig) => {
  const {
    SHA256: _,
    ChunkListID: _list,
    SizeBytes: _size,
    ChecksumSHA256: _sum,
    VersionID: _version,
    ...place
  } = Params ?? {}
  return { Type, ...place }
}
