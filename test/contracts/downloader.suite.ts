import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Downloader } from '#contracts/downloader.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { writeFiles } from '../kit/write-files.ts'

export type DownloaderFixture = {
  downloader: Downloader
  /** A published result with exactly the content of the folder. */
  published(resultDirectory: string): Promise<SpecConfig>
  /** Where nothing is. */
  missing: SpecConfig
  /** A result that tries to write outside of the folder. */
  hostile?: SpecConfig
  /** A result that takes long. */
  slow?: SpecConfig
  close(): Promise<void>
}

/** What every downloader promises (contracts/downloader.ts). */
export function downloaderSuite(name: string, make: () => Promise<DownloaderFixture>): void {
  describe(`downloader ${name}`, () => {
    let fixture: DownloaderFixture
    let root: string
    const never = new AbortController().signal
    beforeAll(async () => {
      fixture = await make()
      root = mkdtempSync(join(tmpdir(), 'bacalhau-downloader-'))
    })
    afterEach(() => {
      for (const each of readdirSync(root)) rmSync(join(root, each), { recursive: true })
    })
    afterAll(async () => {
      await fixture.close()
      rmSync(root, { recursive: true, force: true })
    })

    const result = (files: Record<string, string>): string => {
      const directory = mkdtempSync(join(root, 'result-'))
      writeFiles(directory, files)
      return directory
    }
    const empty = () => {
      const directory = join(root, 'into')
      mkdirSync(directory)
      return directory
    }

    it('brings a whole result and tells how far it is [R187]', async () => {
      const published = await fixture.published(
        result({
          stdout: 'hello\n',
          stderr: '',
          exitCode: '0',
          'outputs/answer.txt': '42',
          'outputs/big': 'x'.repeat(1e6),
        }),
      )
      const directory = empty()
      const told: number[] = []
      await fixture.downloader.download(published, directory, (received) => told.push(received), never)
      expect(readdirSync(directory).sort()).toEqual(['exitCode', 'outputs', 'stderr', 'stdout'])
      expect(readFileSync(join(directory, 'outputs/answer.txt'), 'utf8')).toBe('42')
      expect(statSync(join(directory, 'outputs/big')).size).toBe(1e6)
      expect(told.length).toBeGreaterThan(0)
      expect([...told].sort((a, b) => a - b)).toEqual(told)
    })

    it('brings only what is wanted, where a part can be had', async () => {
      const files = { stdout: 'hello\n', 'outputs/deep/answer.txt': '42', 'outputs/big': 'x'.repeat(1e6) }
      const published = await fixture.published(result(files))
      const directory = empty()
      const wanted = ['outputs', 'outputs/deep', 'outputs/deep/answer.txt']
      const isWanted = (path: string) => wanted.includes(normalize(path).replace(/\/$/, ''))
      await fixture.downloader.download(published, directory, () => {}, never, isWanted)
      expect(readdirSync(directory, { recursive: true }).sort()).toEqual(wanted)
      expect(readFileSync(join(directory, 'outputs/deep/answer.txt'), 'utf8')).toBe('42')
    })

    it('compares the type of a result without case', async () => {
      const { Type, ...rest } = await fixture.published(result({ stdout: 'x' }))
      await fixture.downloader.download({ Type: Type.toUpperCase(), ...rest }, empty(), () => {}, never)
    })

    it('says what is not there, and leaves nothing', async () => {
      const directory = empty()
      const work = fixture.downloader.download(fixture.missing, directory, () => {}, never)
      await expect(work).rejects.toMatchObject({ name: 'Fault' })
      expect(readdirSync(directory)).toEqual([])
    })

    it('lets no entry leave the folder, and leaves nothing of such a result', async () => {
      if (!fixture.hostile) return
      const directory = empty()
      const work = fixture.downloader.download(fixture.hostile, directory, () => {}, never)
      await expect(work).rejects.toThrow(/outside/)
      expect(readdirSync(directory)).toEqual([])
      expect(readdirSync(root)).toEqual(['into'])
    })

    it('stops when it is told to, and leaves nothing', async () => {
      if (!fixture.slow) return
      const told = new AbortController()
      const directory = empty()
      const work = fixture.downloader.download(
        fixture.slow,
        directory,
        () => told.abort(new Error('stop')),
        told.signal,
      )
      await expect(work).rejects.toThrow('stop')
      expect(readdirSync(directory)).toEqual([])
    })
  })
}
