import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { buildFacts } from './build-facts.ts'

/**
 * Bundles the program from its TypeScript sources into CommonJS chunks: what is imported dynamically becomes a chunk of
 * its own. Each chunk is wrapped as the function that tools/executable/chunks.ts calls. Lines and names stay for stack traces; comments
 * go, and what is not ASCII is escaped, since a single `…` makes V8 keep two bytes per character. Returns name → code.
 */
export async function bundleProgram(root: string, entry: string, outDir: string): Promise<Map<string, string>> {
  const bundle = await rolldown({
    input: { main: join(root, entry) },
    cwd: root,
    platform: 'node',
    resolve: { conditionNames: ['source', 'node'] },
    transform: { define: { BACALHAU_BUILD: JSON.stringify(buildFacts(root)) } },
    plugins: [withoutAddons],
    onLog: (level, log) => {
      if (level === 'warn') console.error(`bundle: ${log.message}`)
    },
  })
  const { output } = await bundle.generate({
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    comments: { legal: false, annotation: false, jsdoc: false },
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
  })
  await bundle.close()
  const chunks = new Map(output.flatMap((part) => (part.type === 'chunk' ? [[part.fileName, wrap(part.code)]] : [])))
  write(outDir, chunks)
  return chunks
}

/** Bundles a script of the build into one CommonJS file. */
export async function bundleScript(root: string, script: string, file: string): Promise<string> {
  const bundle = await rolldown({ input: join(root, script), cwd: root, platform: 'node' })
  await bundle.write({ file, format: 'cjs' })
  await bundle.close()
  return file
}

/** The executable carries no native code besides Node itself; optional addons fail to load, as their packages expect. */
const withoutAddons: Plugin = {
  name: 'without-addons',
  load: { filter: { id: /\.node$/ }, handler: () => 'throw new Error("native addons are not part of this program")' },
}

const wrap = (code: string): string =>
  `(function (exports, require, module, __filename, __dirname) {${code.replace(/\bimport\((["']node:)/g, 'module.importBuiltin($1')}\n})`

function write(folder: string, files: Map<string, string>): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, code] of files) writeFileSync(join(folder, name), code)
}
