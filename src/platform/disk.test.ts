import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemDisk } from './disk.ts'

describe('the system disk', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'disk-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('replaces a file whole, with the mode asked for, and leaves nothing beside it', async () => {
    const path = join(folder, 'a')
    await systemDisk.replaceFile(path, 'one')
    await systemDisk.replaceFile(path, new Uint8Array([1, 2]), 0o600)
    expect(await systemDisk.readFile(path)).toEqual(Buffer.from([1, 2]))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it('leaves the file and the folder as before when it cannot be replaced', async () => {
    const path = join(folder, 'a')
    await systemDisk.makeDirectory(join(path, 'inside'))
    await expect(systemDisk.replaceFile(path, 'new')).rejects.toThrow()
    expect(readdirSync(folder)).toEqual(['a'])
    await expect(systemDisk.replaceFile(join(folder, 'no', 'such'), 'new')).rejects.toThrow()
  })

  it('makes a folder with those above it, also when it is there, and gives up where none can be made', async () => {
    await Promise.all([1, 2, 3].map(() => systemDisk.makeDirectory(join(folder, 'a', 'b', 'c'))))
    await systemDisk.makeDirectory(join(folder, 'a', 'b', 'c'))
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['c'])
    writeFileSync(join(folder, 'f'), '')
    await expect(systemDisk.makeDirectory(join(folder, 'f'))).rejects.toThrow('EEXIST')
    await expect(systemDisk.makeDirectory(join(folder, 'f', 'g'))).rejects.toThrow('ENOTDIR')
    await expect(systemDisk.makeDirectory('/proc/none/such')).rejects.toThrow('ENOENT')
  })

  it('takes what is missing as empty', async () => {
    expect(await systemDisk.readFile(join(folder, 'no'))).toBeUndefined()
    expect(await systemDisk.list(join(folder, 'no'))).toEqual([])
    await systemDisk.remove(join(folder, 'no'))
  })

  it('lists and removes whole folders', async () => {
    await systemDisk.makeDirectory(join(folder, 'a', 'b'))
    await systemDisk.writeFile(join(folder, 'a', 'b', 'c'), 'x')
    expect(await systemDisk.list(join(folder, 'a'))).toEqual(['b'])
    await systemDisk.remove(join(folder, 'a'))
    expect(await systemDisk.list(folder)).toEqual([])
    writeFileSync(join(folder, 'f'), '')
    await expect(systemDisk.list(join(folder, 'f'))).rejects.toThrow('ENOTDIR')
  })

  it('removes what programs have hidden where no path leads, and follows no link out of it [X21]', async () => {
    const [tree, beside] = [join(folder, 'tree'), join(folder, 'beside')]
    await systemDisk.makeDirectory(join(tree, 'shallow'))
    await systemDisk.makeDirectory(beside)
    writeFileSync(join(beside, 'kept'), 'x')
    let deep = join(tree, 'deepest')
    await systemDisk.makeDirectory(deep)
    writeFileSync(join(deep, 'file'), 'x')
    symlinkSync(beside, join(deep, 'link'))
    // A program does it by going down; what is below a path can also be moved below another.
    for (let n = 0; n < 6; n++) {
      const above = join(tree, `${n}`, ...Array<string>(9).fill('n'.repeat(200)))
      await systemDisk.makeDirectory(above)
      renameSync(deep, join(above, 'below'))
      deep = join(tree, `${n}`)
    }
    expect(() => readdirSync(tree, { recursive: true })).toThrow('ENAMETOOLONG')
    await systemDisk.remove(tree)
    expect(await systemDisk.list(folder)).toEqual(['beside'])
    expect(await systemDisk.list(beside)).toEqual(['kept'])
  })

  it('tells what a folder holds also while files in it come and go', async () => {
    const names = Array.from({ length: 500 }, (_, n) => join(folder, `part-${n}`))
    for (const name of names) writeFileSync(name, 'x')
    const measured = systemDisk.usedBytes(folder)
    // Its names are read by then, and most of the files not looked at.
    await readdir(folder)
    for (const name of names) renameSync(name, `${name}.whole`)
    await expect(measured).resolves.toBeTypeOf('number')
  })

  it('tells what a folder holds, without following links', async () => {
    await systemDisk.makeDirectory(join(folder, 'a', 'b'))
    writeFileSync(join(folder, 'a', 'one'), 'x'.repeat(100))
    writeFileSync(join(folder, 'a', 'b', 'two'), 'x'.repeat(1000))
    symlinkSync('/', join(folder, 'a', 'b', '1234'))
    expect(await systemDisk.usedBytes(join(folder, 'a'))).toBe(1101)
    expect(await systemDisk.usedBytes(join(folder, 'no'))).toBe(0)
  })

  it('syncs and counts files whose names are no text, too', async () => {
    const odd = join(folder, 'odd')
    const below = Buffer.concat([Buffer.from(odd), Buffer.from([0x2f, 0xff, 0xfe])])
    mkdirSync(below, { recursive: true })
    writeFileSync(Buffer.concat([below, Buffer.from([0x2f, 0xfd])]), '12345')
    await systemDisk.syncAll(odd)
    expect(await systemDisk.usedBytes(odd)).toBe(5)
  })

  it('syncs a folder with all in it that can be, and follows no link out of it', async () => {
    await systemDisk.makeDirectory(join(folder, 'a', 'b'))
    writeFileSync(join(folder, 'a', 'b', 'file'), 'x')
    symlinkSync('/nowhere', join(folder, 'a', 'link'))
    execFileSync('mkfifo', [join(folder, 'a', 'pipe')])
    await systemDisk.syncAll(folder)
    await expect(systemDisk.syncAll(join(folder, 'no'))).rejects.toThrow('ENOENT')
    await expect(systemDisk.sync(join(folder, 'no'))).rejects.toThrow('ENOENT')
  })
})
