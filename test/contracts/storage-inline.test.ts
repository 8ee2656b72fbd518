import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { PreparedInput } from '#contracts/storage.ts'
import { defaultInlineSettings } from '#providers/inline/settings.ts'
import { InlineStorage } from '#providers/inline/storage.ts'
import { unpackTarGz } from '#providers/unpack-tar.ts'
import { loneShare } from '../kit/lone-share.ts'
import { type TarMember, tarOf } from '../kit/tar-of.ts'
import { storageSuite } from './storage.suite.ts'

const storage = new InlineStorage({ ...defaultInlineSettings, fileLimitBytes: 1_000_000 }, unpackTarGz)
const inline = (type: string, bytes: Buffer) => ({
  Type: 'inline',
  Params: { URL: `data:${type};base64,${bytes.toString('base64')}` },
})
const common = { storage, malformed: { Type: 'inline', Params: { URL: 'http://x' } }, close: async () => {} }

storageSuite('inline (file)', async () => ({
  ...common,
  good: inline('text/plain', Buffer.from('inline data\n')),
  holding: async (content) => inline('text/plain', content),
}))

describe('inline archives', () => {
  const prepare = async (members: TarMember[], limitBytes = 1e6) => {
    const directory = mkdtempSync(join(tmpdir(), 'bacalhau-inline-'))
    const Source = inline('application/gzip', gzipSync(tarOf(members)))
    const context = { directory, share: loneShare, limitBytes }
    const signal = new AbortController().signal
    const work = storage.prepare({ Source, Alias: '', Target: '/in' }, context, signal)
    return { directory, prepared: await work.catch((error: Error) => error), size: await storage.sizeBytes(Source) }
  }

  it('become a folder at the Target', async () => {
    const { prepared, size, directory } = await prepare([
      { name: 'a/', type: '5' },
      { name: 'a/b.txt', body: 'text' },
    ])
    expect(prepared).toMatchObject({ kind: 'directory', guestPath: '/in', isReadOnly: true })
    const { hostPath } = prepared as { hostPath: string }
    expect(readFileSync(join(hostPath, 'a/b.txt'), 'utf8')).toBe('text')
    expect(size).toBeGreaterThan(4)
    const { input } = prepared as PreparedInput
    expect(storage.inlineFile(input, 1e6)).toBeUndefined()
    rmSync(directory, { recursive: true })
  })

  it.each([
    ['climbs out', [{ name: '../x', body: 'y' }]],
    ['has a file that is too large', [{ name: 'x', body: 'y'.repeat(1_000_001) }]],
    [
      'is too large',
      [
        { name: 'x', body: 'y'.repeat(900_000) },
        { name: 'z', body: 'y'.repeat(900_000) },
      ],
    ],
  ] as [string, TarMember[]][])('are refused when one %s, and leave nothing', async (_, members) => {
    const { prepared, directory } = await prepare(members)
    expect(prepared).toMatchObject({ name: 'Fault' })
    expect(readdirSync(join(directory, 'content'))).toEqual([])
    expect(existsSync(join(directory, 'x'))).toBe(false)
    rmSync(directory, { recursive: true })
  })
})
