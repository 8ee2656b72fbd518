import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

/** Bundles the typed client into one module that runs in Node and in browsers: it must need nothing of either. `folder` may lack. */
export async function bundleClient(root: string, folder: string): Promise<void> {
  const bundle = await rolldown({
    input: join(root, 'src/client/index.ts'),
    cwd: root,
    platform: 'browser',
    resolve: { conditionNames: ['source'] },
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(`the client does not stand alone: ${log.message}`)
    },
  })
  const { output } = await bundle.generate({ file: join(folder, 'client.js'), format: 'esm', sourcemap: true })
  await bundle.close()
  mkdirSync(folder, { recursive: true })
  for (const part of output) replace(join(folder, part.fileName), part.type === 'chunk' ? part.code : part.source)
}

/** Who reads it meanwhile reads a whole one. */
function replace(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.part`, content)
  renameSync(`${path}.part`, path)
}
