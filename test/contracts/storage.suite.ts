import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PreparedInput, Storage } from '#contracts/storage.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { loneShare } from '../kit/lone-share.ts'

export type StorageFixture = {
  storage: Storage
  /** A source with exactly this content; absent for a storage without content. */
  holding?(content: Buffer): Promise<SpecConfig>
  good: SpecConfig
  malformed: SpecConfig
  /** Right parameters, but nothing is there. */
  missing?: SpecConfig
  /** A source that takes long to fetch. */
  slow?: SpecConfig
  /** Mounts what is there already instead of bringing it. */
  isInPlace?: boolean
  close(): Promise<void>
}

/** What every storage promises (contracts/storage.ts). */
export function storageSuite(name: string, make: () => Promise<StorageFixture>): void {
  describe(`storage ${name}`, () => {
    let fixture: StorageFixture
    const folders: string[] = []
    const never = new AbortController().signal
    beforeAll(async () => {
      fixture = await make()
    })
    afterAll(() => fixture.close())
    afterEach(() => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    })

    const folder = () => {
      const made = mkdtempSync(join(tmpdir(), 'bacalhau-storage-'))
      folders.push(made)
      return made
    }
    const input = (Source: SpecConfig) => ({ Source, Alias: 'a', Target: '/inputs' })
    const prepare = (Source: SpecConfig, directory: string, limitBytes = 1e9, signal = never): Promise<PreparedInput> =>
      fixture.storage.prepare(input(Source), { directory, share: loneShare, limitBytes }, signal)
    /** The one file of an input, wherever it is in it. */
    const contentOf = ({ hostPath, kind }: PreparedInput) =>
      readFileSync(kind === 'file' ? hostPath : join(hostPath, readdirSync(hostPath)[0] ?? ''))

    it('is installed, and names itself in lower case', async () => {
      expect(await fixture.storage.isInstalled(never)).toEqual({ isYes: true })
      for (const type of fixture.storage.types) expect(type).toBe(type.toLowerCase())
    })

    it('says of wrong parameters that they are, before anything is fetched and then', async () => {
      const isUsers = { name: 'Fault', code: 'ValidationError', message: expect.stringMatching(/./) }
      await expect(fixture.storage.sizeBytes(fixture.malformed, loneShare, never)).rejects.toMatchObject(isUsers)
      await expect(prepare(fixture.malformed, folder())).rejects.toMatchObject(isUsers)
    })

    it('gives a file that lies in the job as bytes too, within the same limit', async () => {
      const content = Buffer.from('alpha\nbeta\n')
      const source = await fixture.holding?.(content)
      if (!source || !fixture.storage.inlineFile) return
      const file = fixture.storage.inlineFile(input(source), content.length)
      expect(file).toEqual({ input: input(source), guestPath: '/inputs', bytes: content })
      const tooMuch = () => fixture.storage.inlineFile?.(input(source), content.length - 1)
      expect(tooMuch).toThrow(expect.objectContaining({ code: 'ResourceExhausted' }))
    })

    it('compares its type without case', async () => {
      const good = (await fixture.holding?.(Buffer.from('alpha'))) ?? fixture.good
      const loud = { ...good, Type: good.Type.toUpperCase() }
      const [sizeBytes, ofLoud] = await Promise.all(
        [good, loud].map((source) => fixture.storage.sizeBytes(source, loneShare, never)),
      )
      expect(ofLoud).toBe(sizeBytes)
    })

    it('brings exactly the content, readable for every user of a container', async () => {
      for (const content of [Buffer.alloc(0), Buffer.from('alpha\nbeta\n'), Buffer.alloc(300_000, 'x')]) {
        const source = await fixture.holding?.(content)
        if (!source) return
        const prepared = await prepare(source, folder())
        expect(contentOf(prepared).equals(content)).toBe(true)
        expect(isAbsolute(prepared.hostPath)).toBe(true)
        expect(prepared.guestPath.startsWith('/inputs')).toBe(true)
        expect(prepared.isReadOnly).toBe(true)
        expect(statSync(prepared.hostPath).mode & 0o004).toBe(0o004)
      }
    })

    it('knows the size of what it would bring, or says that it does not', async () => {
      const source = await fixture.holding?.(Buffer.alloc(1234, 'x'))
      const sizeBytes = await fixture.storage.sizeBytes(source ?? fixture.good, loneShare, never)
      if (sizeBytes !== undefined && !fixture.isInPlace && source) expect(sizeBytes).toBe(1234)
    })

    it('takes no more than it may, and leaves nothing then', async () => {
      const source = await fixture.holding?.(Buffer.alloc(5000, 'x'))
      if (!source || fixture.isInPlace) return
      const directory = folder()
      await expect(prepare(source, directory, 4999)).rejects.toMatchObject({ code: 'ResourceExhausted' })
      expect(filesIn(directory)).toEqual([])
    })

    it('names the source that is not there', async () => {
      if (!fixture.missing) return
      const directory = folder()
      await expect(prepare(fixture.missing, directory)).rejects.toMatchObject({ name: 'Fault' })
      expect(filesIn(directory)).toEqual([])
    })

    it('stops when it is told to, and leaves nothing', async () => {
      if (!fixture.slow) return
      const told = new AbortController()
      const directory = folder()
      const work = prepare(fixture.slow, directory, 1e9, told.signal)
      told.abort(new Error('stop'))
      await expect(work).rejects.toThrow('stop')
      expect(filesIn(directory)).toEqual([])
    })
  })
}

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
