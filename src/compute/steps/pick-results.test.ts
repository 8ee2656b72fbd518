import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemDisk } from '#platform/disk.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { writeFiles } from '../../../test/kit/write-files.ts'
import { pickResults } from './pick-results.ts'

describe('what a result path with a pattern publishes', () => {
  let root = ''
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-pick-'))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const write = (...names: string[]) => writeFiles(root, Object.fromEntries(names.map((name) => [name, name])))
  const pick = async (...ResultPaths: { Name: string; Path: string }[]) => {
    const told: string[] = []
    await pickResults(
      partOf({
        job: { Tasks: [{ ResultPaths }] },
        directories: { output: async (name: string) => join(root, name) },
        disk: systemDisk,
        onProgress: (_topic: string, text: string) => told.push(text),
      }),
    )
    return { told, names: (readdirSync(root, { recursive: true }) as string[]).toSorted() }
  }

  it('is what it names, where it lies below the folder, and no empty folder beside it [R135]', async () => {
    write('out/a.csv', 'out/b.txt', 'out/deep/c.csv', 'out/deep/d.txt', 'out/other/e.txt')
    expect(await pick({ Name: 'out', Path: '/outputs/**/*.csv' })).toEqual({
      told: [],
      names: ['out', 'out/a.csv', 'out/deep', 'out/deep/c.csv'],
    })
  })

  it('goes no deeper than it says, and takes a folder that it names with all in it [R135]', async () => {
    write('csv/a.csv', 'csv/deep/c.csv', 'parts/part-1/x/y', 'parts/part-2', 'parts/rest')
    const { names } = await pick({ Name: 'csv', Path: '/csv/./*.csv' }, { Name: 'parts', Path: '/parts//part-*/' })
    expect(names).toEqual([
      'csv',
      'csv/a.csv',
      'parts',
      'parts/part-1',
      'parts/part-1/x',
      'parts/part-1/x/y',
      'parts/part-2',
    ])
  })

  it('is everything without a pattern, as ever [R135]', async () => {
    write('out/a', 'out/deep/b', 'stdout')
    expect((await pick({ Name: 'out', Path: '/outputs' })).names).toEqual([
      'out',
      'out/a',
      'out/deep',
      'out/deep/b',
      'stdout',
    ])
  })

  it('is an empty folder and a sentence when it names nothing, and the same when it is done again', async () => {
    write('out/a', 'out/deep/b', 'stdout')
    const nothing = {
      told: ['Nothing matches result path /outputs/*.csv: out is empty in the result'],
      names: ['out', 'stdout'],
    }
    expect(await pick({ Name: 'out', Path: '/outputs/*.csv' })).toEqual(nothing)
    expect(await pick({ Name: 'out', Path: '/outputs/*.csv' })).toEqual(nothing)
  })

  it('changes nothing where links lead, and goes through none [S3]', async () => {
    write('outside/a.txt', 'outside/b.csv', 'out/c.csv')
    symlinkSync('../outside', join(root, 'out/folder'))
    symlinkSync(join(root, 'outside/a.txt'), join(root, 'out/file'))
    symlinkSync('../outside/b.csv', join(root, 'out/named.csv'))
    const { names } = await pick({ Name: 'out', Path: '/outputs/**/*.csv' })
    expect(names).toEqual(['out', 'out/c.csv', 'out/named.csv', 'outside', 'outside/a.txt', 'outside/b.csv'])
    expect(lstatSync(join(root, 'out/named.csv')).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(root, 'outside/a.txt'), 'utf8')).toBe('outside/a.txt')
  })
})
