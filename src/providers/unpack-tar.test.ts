import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tarOf } from '../../test/kit/tar-of.ts'
import { writeFiles } from '../../test/kit/write-files.ts'
import { packFolder } from './pack-folder.ts'
import { unpackTar, unpackTarGz } from './unpack-tar.ts'

const limits = { totalBytes: 1000, fileBytes: 600, entries: 5 }
const never = new AbortController().signal

describe('unpackTarGz', () => {
  let outside: string
  let folder: string
  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), 'bacalhau-unpack-'))
    folder = mkdtempSync(join(outside, 'in-'))
  })
  afterEach(() => rmSync(outside, { recursive: true, force: true }))

  const unpack = (entries: Parameters<typeof tarOf>[0], more: Partial<typeof limits> = {}) =>
    unpackTarGz(Readable.from([gzipSync(tarOf(entries))]), folder, { ...limits, ...more }, never)

  it('unpacks files, folders and links that stay inside', async () => {
    await unpack([
      { name: './', type: '5', mode: 0o555 },
      { name: './closed/', type: '5', mode: 0o555 },
      { name: './closed/file', body: 'text', mode: 0o400 },
      { name: './link', type: '2', linkname: 'closed/file' },
    ])
    expect(readFileSync(join(folder, 'link'), 'utf8')).toBe('text')
    expect(statSync(join(folder, 'closed')).mode & 0o777).toBe(0o755)
  })

  it('gives files the names that they had, whatever is in them', async () => {
    const names = [
      'C:\\x',
      'c:y',
      'a\\b/..\\c',
      'a\\b/C:/z',
      '-rf',
      '--help/-',
      'two\nlines\r',
      ' ',
      'in/\t ',
      'ä 日本 🎉',
      'a:b*c?"<>|',
      '\uF8FEb\uF8FEm',
      '~',
      '$(id)',
    ]
    const [made, got] = [join(outside, 'made'), join(outside, 'got')]
    for (const each of [made, got]) mkdirSync(each)
    writeFiles(made, Object.fromEntries(names.map((name) => [name, name])))
    symlinkSync('a\\b/..\\c', join(made, 'D:\\link'))
    await unpackTar(packFolder(made), got, { ...limits, entries: 100 }, never)
    const all = (root: string) => (readdirSync(root, { recursive: true }) as string[]).toSorted()
    expect(all(got)).toEqual(all(made))
    for (const name of names) expect(readFileSync(join(got, name), 'utf8')).toBe(name)
    expect(readlinkSync(join(got, 'D:\\link'))).toBe('a\\b/..\\c')
  })

  it.each([
    ['a name that climbs out', [{ name: '../out', body: 'x' }]],
    ['a name that climbs out in the middle', [{ name: 'a/../../out', body: 'x' }]],
    ['an absolute name', [{ name: '/out', body: 'x' }]],
    ['an absolute link', [{ name: 'l', type: '2', linkname: '/etc/passwd' }]],
    ['a link that climbs out', [{ name: 'l', type: '2', linkname: '../out' }]],
    [
      'a file through a link',
      [
        { name: 'l', type: '2', linkname: '..' },
        { name: 'l/out', body: 'x' },
      ],
    ],
    [
      'a link made of links',
      [
        { name: 's', type: '2', linkname: '.' },
        { name: 'd/l', type: '2', linkname: '../s/../..' },
      ],
    ],
    ['a hard link to what is outside', [{ name: 'h', type: '1', linkname: '../out' }]],
    [
      'a link made of links with names that only Windows would not take',
      [
        { name: 'C:\\s', type: '2', linkname: '.' },
        { name: 'd/l', type: '2', linkname: '../C:\\s/../..' },
      ],
    ],
    [
      'a file through a link with such a name',
      [
        { name: 'a\\b', type: '2', linkname: '..' },
        { name: 'a\\b/out', body: 'x' },
      ],
    ],
  ] as [string, Parameters<typeof tarOf>[0]][])('refuses %s, and leaves nothing', async (_, entries) => {
    await expect(unpack([{ name: 'good', body: 'x' }, ...entries])).rejects.toThrow(/outside/)
    expect(readdirSync(folder)).toEqual([])
    expect(existsSync(join(outside, 'out'))).toBe(false)
  })

  it.each([
    ['3', 'character-device'],
    ['4', 'block-device'],
    ['6', 'fifo'],
  ])('refuses what is neither file, folder nor link (%s), and leaves nothing', async (type, what) => {
    await expect(
      unpack([
        { name: 'good', body: 'x' },
        { name: 'dev', type },
      ]),
    ).rejects.toThrow(`"dev" is a ${what}`)
    expect(readdirSync(folder)).toEqual([])
  })

  it('loses none of two files of one name: it refuses them', async () => {
    const a = { name: 'd/a', body: 'one' }
    for (const again of [
      { ...a, body: 'two' },
      { name: './d/a', body: 'two' },
      { name: 'd/a', type: '2', linkname: 'b' },
    ]) {
      await expect(unpack([a, again])).rejects.toThrow('is twice in it')
      expect(readdirSync(folder)).toEqual([])
    }
    const folders = ['d/', './d/', 'd/'].map((name) => ({ name, type: '5' }))
    await unpack([...folders, a])
    expect(readFileSync(join(folder, 'd/a'), 'utf8')).toBe('one')
  })

  it('refuses more than its bounds', async () => {
    const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, body: '' }))
    await expect(unpack(six)).rejects.toThrow('more than 5 entries')
    await expect(unpack([{ name: 'a', body: 'x'.repeat(601) }])).rejects.toThrow('a is larger than 600 bytes')
    const two = ['a', 'b'].map((name) => ({ name, body: 'x'.repeat(501) }))
    await expect(unpack(two)).rejects.toMatchObject({ code: 'ResourceExhausted' })
    expect(readdirSync(folder)).toEqual([])
  })

  it('stops a bomb of empty headers', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    await expect(unpackTarGz(Readable.from([bomb]), folder, limits, never)).rejects.toThrow('too much')
  })

  it('says so when it is no archive', async () => {
    await expect(unpackTarGz(Readable.from([Buffer.from('no')]), folder, limits, never)).rejects.toThrow(
      'cannot unpack',
    )
    const cut = gzipSync(tarOf([{ name: 'a', body: 'x'.repeat(500) }])).subarray(0, 60)
    await expect(unpackTarGz(Readable.from([cut]), folder, limits, never)).rejects.toThrow('cannot unpack')
    expect(readdirSync(folder)).toEqual([])
  })
})
