import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalStorage } from '#providers/local/storage.ts'
import { storageSuite } from './storage.suite.ts'

storageSuite('local', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'bacalhau-local-')))
  const source = (SourcePath: string) => ({ Type: 'localDirectory', Params: { SourcePath } })
  return {
    storage: new LocalStorage([`${root}/**`]),
    good: source(root),
    malformed: source('relative/path'),
    missing: source(join(root, 'none')),
    isInPlace: true,
    holding: async (content) => {
      const path = join(mkdtempSync(join(root, 'x-')), 'file')
      writeFileSync(path, content)
      return source(path)
    },
    close: async () => rmSync(root, { recursive: true }),
  }
})
