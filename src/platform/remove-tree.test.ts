import { execSync } from 'node:child_process'
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

it('takes names that are no text, also of folders and of what lies too deep: a name is any bytes', async () => {
  const odd = Buffer.from([0x2f, 0xff, 0xfe])
  const folder = Buffer.concat([Buffer.from(join(root, 'odd')), odd])
  mkdirSync(folder, { recursive: true })
  writeFileSync(Buffer.concat([folder, odd]), '')
  const depth =
    'bash -c \'cd "$0" && for i in {1..50}; do n=$(printf "\\377%0199d" 0); mkdir "$n" && cd "$n" || exit 1; done\' '
  execSync(`${depth}${join(root, 'odd')}`)
  await removeTree(join(root, 'odd'))
  expect(existsSync(join(root, 'odd'))).toBe(false)
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
