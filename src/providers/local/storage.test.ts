import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SpecConfig } from '#models/spec-config.ts'
import { LocalStorage } from './storage.ts'

describe('local storage', () => {
  let root: string
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'bacalhau-local-')))
    mkdirSync(join(root, 'data/in'), { recursive: true })
    writeFileSync(join(root, 'data/in/words.txt'), 'alpha\n')
    mkdirSync(join(root, 'secret'))
    writeFileSync(join(root, 'secret/key'), 'x')
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const source = (SourcePath: string, more = {}) => ({ Type: 'localDirectory', Params: { SourcePath, ...more } })
  const input = (path: string, more = {}) => ({ Source: source(path, more), Alias: '', Target: '/in' })
  const storage = (...allowed: string[]) => new LocalStorage(allowed.map((each) => join(root, each)))

  it('mounts a folder or a file where it is, read-only unless it was asked for otherwise [R179, R180]', async () => {
    const prepared = await storage('data/**').prepare(input(join(root, 'data/in')))
    expect(prepared).toMatchObject({
      hostPath: join(root, 'data/in'),
      kind: 'directory',
      guestPath: '/in',
      isReadOnly: true,
    })
    const file = await storage('data/**:rw').prepare(input(join(root, 'data/in/words.txt'), { ReadWrite: 'true' }))
    expect(file).toMatchObject({ kind: 'file', isReadOnly: false })
  })

  it('refuses what is not allowed, not there, or not writable [R181, R182]', async () => {
    const asked = (path: string, more = {}) => storage('data/**').sizeBytes(source(join(root, path), more))
    await expect(asked('secret')).rejects.toThrow('volume not in allowed paths')
    await expect(asked('data/none')).rejects.toThrow('volume does not exist')
    await expect(asked('data/in', { ReadWrite: true })).rejects.toThrow(
      `volume ${root}/data/in is not granted write access`,
    )
    expect(await asked('data/in')).toBe(0)
    expect(await storage('data/**').isLocal(source(join(root, 'secret')))).toBe(false)
  })

  it('never leaves the allowed folder by dots or links [X30]', async () => {
    symlinkSync(join(root, 'secret'), join(root, 'data/absolute'))
    symlinkSync('../secret', join(root, 'data/relative'))
    symlinkSync('key-link', join(root, 'data/chain'))
    symlinkSync(join(root, 'secret/key'), join(root, 'data/key-link'))
    for (const path of [
      'data/../secret',
      'data/absolute',
      'data/relative/key',
      'data/chain',
      'data/in/../../secret/key',
    ]) {
      await expect(storage('data/**').sizeBytes(source(`${root}/${path}`))).rejects.toThrow(
        'volume not in allowed paths',
      )
    }
    const CreateAs = { CreateAs: 'dir', ReadWrite: true }
    await expect(storage('data/**:rw').prepare(input(join(root, 'data/absolute/new'), CreateAs))).rejects.toThrow(
      'not in allowed',
    )
    symlinkSync(join(root, 'secret/new'), join(root, 'data/dangling'))
    for (const [path, strategy] of [
      ['data/dangling', 'dir'],
      ['data/dangling', 'file'],
      ['data/dangling/sub', 'dir'],
    ]) {
      const more = { ReadWrite: true, CreateAs: strategy }
      await expect(storage('data/**:rw').prepare(input(join(root, path!), more))).rejects.toThrow('could not create')
    }
    expect(readdirSync(join(root, 'secret'))).toEqual(['key'])
  })

  it('follows links that the operator put into an allowed path', async () => {
    symlinkSync(join(root, 'data'), join(root, 'short'))
    const prepared = await storage('short/*').prepare(input(join(root, 'short/in')))
    expect(prepared.hostPath).toBe(join(root, 'data/in'))
  })

  it('makes what is missing, for its owner alone, when it is told to', async () => {
    const made = (path: string, CreateAs: string) =>
      storage('data/**:rw').prepare(input(join(root, path), { ReadWrite: true, CreateAs }))
    expect(await made('data/a/b', 'dir')).toMatchObject({ kind: 'directory' })
    expect(await made('data/c/file', 'file')).toMatchObject({ kind: 'file', isReadOnly: false })
    expect(statSync(join(root, 'data/c')).mode & 0o777).toBe(0o700)
    expect(statSync(join(root, 'data/c/file')).mode & 0o777).toBe(0o700)
    await expect(made('data/d/', 'file')).rejects.toThrow('is a directory but CreateAs is set to file')
    await expect(made('data/e', 'both')).rejects.toThrow('invalid CreateAs value both')
    await expect(storage('data/**:rw').prepare(input(join(root, 'data/f'), { CreateAs: 'dir' }))).rejects.toThrow(
      'does not exist',
    )
  })

  it('checks parameters with the texts clients know', async () => {
    const asked = (Source: SpecConfig) => storage('data').sizeBytes(Source)
    await expect(asked({ Type: 'local' })).rejects.toThrow('invalid storage source params. cannot be nil')
    await expect(asked({ Type: 's3', Params: {} })).rejects.toThrow('expected localDirectory')
    await expect(asked({ Type: 'local', Params: { SourcePath: 'rel' } })).rejects.toThrow('must be absolute')
    await expect(asked({ Type: 'local', Params: { SourcePath: '/x', ReadWrite: 'maybe' } })).rejects.toThrow(
      'json: cannot unmarshal string into Go struct field Source.ReadWrite of type bool',
    )
  })

  it('is installed only where something is allowed', async () => {
    expect(await storage('data').isInstalled()).toEqual({ isYes: true })
    expect(await new LocalStorage([]).isInstalled()).toMatchObject({ isYes: false })
  })
})
