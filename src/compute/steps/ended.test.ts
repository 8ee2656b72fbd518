import { expect, it } from 'vitest'
import type { Disk } from '#contracts/disk.ts'
import type { ExecutionId } from '#models/ids.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { ExecutionDirectories } from '../directories.ts'
import { endedBefore, noteEnded, noteKept } from './ended.ts'

it('a program that ended in an earlier life has, unless the machine may have lost some of its result since', async () => {
  const files = new Map<string, string>()
  const synced: string[] = []
  let boot = 'first'
  const disk = partOf<Disk>({
    bootId: async () => boot,
    writeFile: async (path: string, text: string) => void files.set(path, text),
    replaceFile: async (path: string, text: string) => void files.set(path, text),
    readFile: async (path: string) => (files.has(path) ? Buffer.from(files.get(path) ?? '') : undefined),
    syncAll: async (path: string) => void synced.push(path),
    sync: async (path: string) => void synced.push(path),
  })
  const directories = new ExecutionDirectories(disk, '/running', 'e-1' as ExecutionId)
  files.set(`${directories.result}/stdout`, 'alpha')
  const printed: unknown[] = []
  let keptBytes = 0
  const endedWith = (isPacked: boolean) =>
    endedBefore(
      partOf({
        disk,
        logs: { keptBytes: () => keptBytes, write: (...args: unknown[]) => void printed.push(args) },
        directories,
        execution: { ID: 'e-1' },
        job: { Tasks: [{ Publisher: { Type: 's3' } }] },
        registries: { publishers: { get: () => ({ isPacked: async () => isPacked }) } },
      }),
    )
  expect(await endedWith(true)).toBeUndefined()
  await noteEnded({ disk, directories, exitCode: 3 })
  expect(await endedWith(false)).toEqual({ exitCode: 3 })
  expect(printed).toEqual([[1, Buffer.from('alpha')]])
  keptBytes = 5
  boot = 'second'
  expect(await endedWith(false)).toBeUndefined()
  expect(await endedWith(true)).toEqual({ exitCode: 3 })
  expect(printed).toHaveLength(1)
  expect(directories.isResultWhole, 'what was packed counts, not the folder').toBe(false)
  files.set(directories.ended, 'second 1')
  expect(await endedWith(true)).toBeUndefined()
  await noteKept({ disk, directories, exitCode: 3 })
  expect(synced).toEqual([directories.result, '/running/e-1', '/running'])
  boot = 'third'
  expect(await endedWith(false)).toEqual({ exitCode: 3 })
  expect(directories.isResultWhole).toBe(true)
})
