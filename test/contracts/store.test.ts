import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe } from 'vitest'
import { sqlite } from '#state/dialect.ts'
import { storeSuite } from './store.suite.ts'
import { openAt } from './store-under-test.ts'

describe('the SQLite store in memory', () => {
  storeSuite({ open: () => openAt(':memory:') })
})

describe.each([0, 1, 3])('the SQLite store with room for %i waiting ids', (waitingIds) => {
  storeSuite({ open: () => openAt(':memory:', waitingIds) })
})

describe.each([sqlite.waitingIds, 1])('the SQLite store in a file with room for %i waiting ids', (waitingIds) => {
  const folders: string[] = []
  let path = ''
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  const open = () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-'))
    folders.push(folder)
    path = join(folder, 'state.db')
    return openAt(path, waitingIds)
  }
  storeSuite({ open, reopen: () => openAt(path, waitingIds) })
})
