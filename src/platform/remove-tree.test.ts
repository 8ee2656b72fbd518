import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { removeTree } from './remove-tree.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'remove-tree-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('of very many files a few are removed at a time, since each that waits takes memory', async () => {
  const folder = join(root, 'many')
  mkdirSync(folder)
  for (let i = 0; i < 1_000; i++) writeFileSync(join(folder, String(i)), '')
  let most = 0
  let isOver = false
  const look = () => {
    const waiting = process.getActiveResourcesInfo().filter((each) => each.startsWith('FSReq')).length
    most = Math.max(most, waiting)
    if (!isOver) setImmediate(look)
  }
  look()
  await removeTree(folder).finally(() => (isOver = true))
  expect(existsSync(folder)).toBe(false)
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThan(100)
})

it('goes through no link, and minds nothing that is not there', async () => {
  mkdirSync(join(root, 'tree/in/it'), { recursive: true })
  writeFileSync(join(root, 'other'), 'stays')
  symlinkSync('../other', join(root, 'tree/file'))
  symlinkSync('../..', join(root, 'tree/in/up'))
  await removeTree(join(root, 'tree'))
  await removeTree(join(root, 'tree'))
  expect([existsSync(join(root, 'tree')), existsSync(join(root, 'other'))]).toEqual([false, true])
  symlinkSync('other', join(root, 'link'))
  await removeTree(join(root, 'link'))
  expect([existsSync(join(root, 'link')), existsSync(join(root, 'other'))]).toEqual([false, true])
})
