import { createHash } from 'node:crypto'
import fs, { appendFileSync, copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { TempFolders, wasmFixture } from '../../../test/kit/wasm-order.ts'
import { ModuleDigests } from './module-digest.ts'

describe('the digests of modules', () => {
  const folders = new TempFolders()
  afterAll(() => folders.close())
  const large = join(folders.root, 'large')
  const ofFile = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
  beforeEach(() => writeFileSync(large, Buffer.alloc(3_000_000, 'x')))

  it('are known for small files and large ones with the size, and for nothing that is no file', async () => {
    const digests = new ModuleDigests()
    const small = join(folders.root, 'small')
    copyFileSync(wasmFixture('noop'), small)
    expect(await digests.of(large)).toEqual({ digest: ofFile(large), sizeBytes: 3_000_000 })
    expect(await digests.of(small)).toEqual({ digest: ofFile(small), sizeBytes: readFileSync(small).byteLength })
    expect(await digests.of(folders.root)).toBeUndefined()
    expect(await digests.of(join(folders.root, 'none'))).toBeUndefined()
  })

  it('are made once of a large file, however many ask, at once or later', async () => {
    const digests = new ModuleDigests()
    const readings = vi.spyOn(fs, 'read')
    await Promise.all(Array.from({ length: 20 }, () => digests.of(large)))
    const first = readings.mock.calls.length
    expect(first).toBeLessThan(10)
    await digests.of(large)
    expect(readings).toHaveBeenCalledTimes(first)
  })

  it('are those of the file as it is now: when it was written to, and when another is in its place', async () => {
    const digests = new ModuleDigests()
    const before = await digests.of(large)
    appendFileSync(large, 'y')
    const written = await digests.of(large)
    expect(written).toEqual({ digest: ofFile(large), sizeBytes: 3_000_001 })
    expect(written?.digest).not.toBe(before?.digest)
    const other = `${large}-other`
    writeFileSync(other, Buffer.alloc(3_000_001, 'z'))
    renameSync(other, large)
    expect((await digests.of(large))?.digest).toBe(ofFile(large))
  })
})
