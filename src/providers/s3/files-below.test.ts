import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesBelow } from './files-below.ts'

describe('filesBelow', () => {
  let root = ''
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-below-'))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it('names plain files in order, and follows no link [R135, S3]', async () => {
    mkdirSync(join(root, 'outside'))
    writeFileSync(join(root, 'outside/secret'), 'SECRET')
    mkdirSync(join(root, 'result/deep'), { recursive: true })
    writeFileSync(join(root, 'result/deep/b'), '')
    writeFileSync(join(root, 'result/a'), '')
    symlinkSync(join(root, 'outside'), join(root, 'result/absolute'))
    symlinkSync('../outside/secret', join(root, 'result/relative'))
    symlinkSync('absolute', join(root, 'result/chain'))
    symlinkSync('../../outside', join(root, 'result/deep/up'))
    const files = await filesBelow(join(root, 'result'))
    expect(files.map(({ name }) => name)).toEqual(['a', 'deep/b'])
  })
})
