import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll } from 'vitest'

const root = join(import.meta.dirname, '../../..')

/**
 * Where the program of `crashing-node.ts` lies while the tests of a file run. It is bundled for them: they start it again and again,
 * and from its sources each start would take four times as long.
 */
export function nodeProgram(): () => string {
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bacalhau-node-program-'))
    const bundle = await rolldown({
      input: join(import.meta.dirname, 'crashing-node.ts'),
      cwd: root,
      platform: 'node',
      resolve: { conditionNames: ['source', 'node'] },
      plugins: [withoutAddons],
    })
    await bundle.write({ dir: folder, format: 'esm' })
    await bundle.close()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return () => join(folder, 'crashing-node.js')
}

/** Optional parts of libraries, which do without them where they cannot be loaded. */
const withoutAddons = {
  name: 'without-addons',
  load: { filter: { id: /\.node$/ }, handler: () => 'throw new Error("there are no addons here")' },
}
