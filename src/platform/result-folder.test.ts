import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resultFolder } from './result-folder.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bacalhau-results-'))
})
afterEach(() => rmSync(root, { recursive: true }))

/** Names that end in / are folders. */
function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(path.endsWith('/') ? join(root, path) : dirname(join(root, path)), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(join(root, path), text)
  }
}
const shot = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .map((each) => [join(each.parentPath, each.name), each] as const)
      .map(([path, each]) => [path.slice(root.length + 1), each.isFile() ? readFileSync(path, 'utf8') : '/'])
      .toSorted(),
  )
const one = { 'e-1/stdout': 'a\n', 'e-1/exitCode': '0', 'e-1/out/x': '1', 'e-1/out/empty/': '' }
const two = { 'e-2/stdout': 'b\n', 'e-2/out/x': '2', 'e-2/out/y': '3', 'e-2/z': '4' }

describe('the view of results [R49, X11]', () => {
  it('has what one of them has, output joined in the order given, and says what it has not', async () => {
    write({ ...one, ...two })
    expect(await resultFolder.show(root, ['e-2', 'e-1'], false)).toEqual(['out/x'])
    const view = { stdout: 'b\na\n', exitCode: '0', out: '/', 'out/empty': '/', 'out/y': '3', z: '4' }
    expect(shot()).toMatchObject(view)
    const before = shot()
    expect(before).not.toHaveProperty('out/x')
    expect(await resultFolder.show(root, ['e-2', 'e-1'], false)).toEqual(['out/x'])
    expect(shot()).toEqual(before)
  })

  it('has nothing of what is a folder in one and a file in another, and says so', async () => {
    write({ 'e-1/a/b/c': '1', 'e-1/a/d/': '', 'e-2/a': '2', 'e-2/z/y': '3' })
    expect(await resultFolder.show(root, ['e-1', 'e-2'], false)).toEqual(['a', 'a/b/c'])
    expect(readdirSync(root).toSorted()).toEqual(['e-1', 'e-2', 'z'])
  })

  it('joins output anew when another result has come', async () => {
    write(one)
    await resultFolder.show(root, ['e-1'], false)
    write(two)
    await resultFolder.show(root, ['e-1', 'e-2'], true)
    expect(shot()).toMatchObject({ stdout: 'a\nb\n', exitCode: '0', z: '4' })
    write({ 'e-3/stdout': 'c', 'e-3/w': '', w: 'mine' })
    const before = shot()
    await expect(resultFolder.show(root, ['e-1', 'e-2', 'e-3'], true)).rejects.toThrow(join(root, 'w'))
    expect(shot()).toEqual(before)
  })

  it.each([
    ['a file of other bytes', { 'out/y': 'mine' }, 'out/y'],
    ['output that is not of them', { stdout: 'mine' }, 'stdout'],
    ['a file where a folder belongs', { out: 'mine' }, 'out'],
    ['a folder where a file belongs', { 'z/mine': '' }, 'z'],
  ])('changes nothing where there is %s, and names it', async (_what, mine: Record<string, string>, path) => {
    write({ ...one, ...two, ...mine })
    const before = shot()
    const shown = resultFolder.show(root, ['e-1', 'e-2'], false)
    await expect(shown).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining(`already exists: ${join(root, path)}.`),
    })
    expect(shot()).toEqual(before)
  })

  it('goes through no link to a folder, which may lead round and round', async () => {
    write({ 'e-1/a': '1', 'e-1/d/b': '2' })
    symlinkSync('.', join(root, 'e-1/self'))
    symlinkSync('..', join(root, 'e-1/d/up'))
    for (const isAgain of [false, true]) {
      expect(await resultFolder.show(root, ['e-1'], isAgain)).toEqual([])
      expect(readdirSync(root).toSorted()).toEqual(['a', 'd', 'e-1', 'self'])
      expect([readlinkSync(join(root, 'self')), readlinkSync(join(root, 'd/up'))]).toEqual(['.', '..'])
    }
  })

  it('takes no link for the file it leads to', async () => {
    write({ ...one, mine: 'a\n' })
    symlinkSync(join(root, 'mine'), join(root, 'stdout'))
    const before = shot()
    await expect(resultFolder.show(root, ['e-1'], false)).rejects.toMatchObject({ code: 'Conflict' })
    expect(shot()).toEqual(before)
  })

  it('leaves a file as it is that holds the same, however large', async () => {
    const large = 'x'.repeat(3_000_000)
    write({ ...one, 'e-1/out/large': large, 'out/large': large })
    await resultFolder.show(root, ['e-1'], false)
    write({ 'out/large': `${large.slice(1)}y` })
    await expect(resultFolder.show(root, ['e-1'], false)).rejects.toThrow('out/large')
  })
})
