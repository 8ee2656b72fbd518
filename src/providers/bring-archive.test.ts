import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tarOf } from '../../test/kit/tar-of.ts'
import { bringArchive } from './bring-archive.ts'

describe('an archive that is brought [R187, X11]', () => {
  let root: string
  let folder: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-bring-'))
    folder = join(root, 'files')
    mkdirSync(folder)
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const signal = new AbortController().signal
  const good = gzipSync(tarOf([{ name: 'a', body: 'text' }]))
  async function* once(bytes: Buffer) {
    yield bytes
  }
  const bring = (bytes: Buffer, more: { tag?: string; totalBytes?: number } = {}) =>
    bringArchive(async () => ({ offset: 0, tag: more.tag, totalBytes: more.totalBytes, chunks: once(bytes) }), folder, {
      progress: () => {},
      signal,
    })

  it('is unpacked, and nothing of it stays beside its folder', async () => {
    await bring(good, { tag: 't', totalBytes: good.length })
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('text')
    expect(readdirSync(root)).toEqual(['files'])
  })

  it('that came short stays for a later call when its state is known, else not', async () => {
    await expect(bring(good, { tag: 't', totalBytes: 1e6 })).rejects.toThrow(`${good.length} bytes of the archive came`)
    expect(readdirSync(root).toSorted()).toEqual(['files', 'files.archive', 'files.archive.tag'])
    await expect(bring(good, { totalBytes: 1e6 })).rejects.toThrow('instead of 1000000')
    expect(readdirSync(root)).toEqual(['files'])
  })

  it('is not continued by bytes that belong to nothing that is known', async () => {
    writeFileSync(`${folder}.archive`, 'of whom?')
    await bring(good, { tag: 't' })
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('text')
  })

  it('that would fill the disk is left packed, and that is said', async () => {
    const bomb = gzipSync(tarOf([{ name: 'zeros', body: '', sizeBytes: 11 * 1000 ** 3 }]))
    await expect(bring(bomb, { tag: 't' })).rejects.toMatchObject({
      code: 'ResourceExhausted',
      message: 'the archive holds too much: more than 10000000000 bytes',
      hint: expect.stringContaining(`${folder}.archive`),
    })
    expect(readFileSync(`${folder}.archive`).equals(bomb)).toBe(true)
    expect(readdirSync(folder)).toEqual([])
  })
})
