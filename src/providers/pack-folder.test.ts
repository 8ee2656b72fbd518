import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packFolder } from './pack-folder.ts'
import { unpackTar } from './unpack-tar.ts'

describe('packFolder', () => {
  let root: string
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'bacalhau-pack-')))
    mkdirSync(join(root, 'result/outputs/deep'), { recursive: true })
    writeFileSync(join(root, 'result/stdout'), 'hello\n')
    writeFileSync(join(root, 'result/exitCode'), '0')
    writeFileSync(join(root, 'secret'), 'SECRET')
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  /** What another program makes of it. */
  const listed = async (): Promise<string[]> => {
    writeFileSync(join(root, 'archive.tar'), await bytesOf(packFolder(join(root, 'result'))))
    return execFileSync('tar', ['-tvf', join(root, 'archive.tar')], { encoding: 'utf8' })
      .trim()
      .split('\n')
  }
  const bytesOf = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
    const parts: Buffer[] = []
    for await (const part of stream) parts.push(part)
    return Buffer.concat(parts)
  }
  const names = (lines: string[]) => lines.map((line) => line.split(/\s+/).slice(5).join(' '))

  it('has the folder itself first, then its entries in order, with their permissions [R187]', async () => {
    writeFileSync(join(root, 'result/outputs/run.sh'), 'x')
    chmodSync(join(root, 'result/outputs/run.sh'), 0o4750)
    const lines = await listed()
    expect(names(lines)).toEqual(['./', 'exitCode', 'outputs/', 'outputs/deep/', 'outputs/run.sh', 'stdout'])
    expect(lines[4]).toMatch(/^-rwxr-x---/)
  })

  it('keeps links that stay inside and never follows one that leads out', async () => {
    symlinkSync('../stdout', join(root, 'result/outputs/inside'))
    symlinkSync('missing', join(root, 'result/outputs/dangling'))
    symlinkSync('/etc/passwd', join(root, 'result/outputs/absolute'))
    symlinkSync('../../secret', join(root, 'result/outputs/out'))
    symlinkSync('../..', join(root, 'result/outputs/deep/up'))
    symlinkSync('deep/up/../secret', join(root, 'result/outputs/through'))
    const lines = await listed()
    expect(names(lines).filter((name) => name.includes('->'))).toEqual([
      'outputs/dangling -> missing',
      'outputs/deep/up -> ../..',
      'outputs/inside -> ../stdout',
    ])
    expect(readFileSync(join(root, 'archive.tar')).includes('SECRET')).toBe(false)
  })

  it('leaves out links that lead in a circle, says so, and the rest can be unpacked', async () => {
    symlinkSync('self', join(root, 'result/self'))
    symlinkSync('../outputs/there', join(root, 'result/outputs/back'))
    symlinkSync('back', join(root, 'result/outputs/there'))
    symlinkSync('there/file', join(root, 'result/outputs/below'))
    symlinkSync('..', join(root, 'result/outputs/deep/up'))
    const leftOut: string[] = []
    const archive = packFolder(join(root, 'result'), { onLeftOut: (...told) => leftOut.push(told.join(': ')) })
    const limits = { totalBytes: 1000, fileBytes: 1000, entries: 100 }
    await unpackTar(archive, join(root, 'unpacked'), limits, new AbortController().signal)
    expect(leftOut.sort()).toEqual(
      ['outputs/back', 'outputs/below', 'outputs/there', 'self'].map((name) => `${name}: it leads in a circle`),
    )
    expect(readlinkSync(join(root, 'unpacked/outputs/deep/up'))).toBe('..')
    expect(readFileSync(join(root, 'unpacked/stdout'), 'utf8')).toBe('hello\n')
  })

  it('leaves pipes out instead of waiting on them', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'result/pipe')])
    expect(names(await listed())).not.toContain('pipe')
  })

  it('carries long names, foreign ones and large files as other programs read them', async () => {
    const long = `${'ä'.repeat(70)}/${'b'.repeat(120)}`
    mkdirSync(join(root, 'result', 'ä'.repeat(70)))
    writeFileSync(join(root, 'result', long), 'x'.repeat(600_001))
    const archive = join(root, 'archive.tar')
    writeFileSync(archive, await bytesOf(packFolder(join(root, 'result'))))
    mkdirSync(join(root, 'unpacked'))
    execFileSync('tar', ['-xf', archive, '-C', join(root, 'unpacked')])
    expect(readFileSync(join(root, 'unpacked', long), 'utf8')).toBe('x'.repeat(600_001))
  })

  it('says the size of a file that a plain header has no room for', async () => {
    writeFileSync(join(root, 'result/big'), '')
    truncateSync(join(root, 'result/big'), 9 * 1024 ** 3)
    let head = ''
    for await (const part of packFolder(join(root, 'result'))) {
      head += part.toString('latin1')
      if (head.length > 10_000) break
    }
    expect(head).toContain('19 size=9663676416\n')
  })

  it('fails when a file becomes shorter on the way', async () => {
    const path = join(root, 'result/big')
    writeFileSync(path, '')
    truncateSync(path, 64 * 1024 ** 2)
    const work = (async () => {
      for await (const part of packFolder(join(root, 'result'))) if (part.length > 200_000) truncateSync(path, 10)
    })()
    await expect(work).rejects.toThrow('shorter')
  })
})
