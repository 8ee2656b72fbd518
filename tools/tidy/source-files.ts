import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** A text file of the project. */
export type SourceFile = { path: string; text: string }

/** Every file that is or would be committed: tracked, or new and not ignored. Pictures and modules are left out. */
export function projectFiles(): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
  const paths = [...new Set(listed.toString().trim().split('\n'))].sort()
  return paths
    .filter((path) => !/\.(png|wasm|gz|zip|ico)$/.test(path) && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

const isTest = (path: string): boolean => path.endsWith('.test.ts')

/** The product's own sources, without tests. */
export const productFiles = (files: SourceFile[]): SourceFile[] =>
  files.filter(({ path }) => path.startsWith('src/') && path.endsWith('.ts') && !isTest(path))

export const typescriptFiles = (files: SourceFile[]): SourceFile[] =>
  files.filter(({ path }) => path.endsWith('.ts') || path.endsWith('.mjs'))

/** `src/providers/docker/x.ts` belongs to `providers/docker`, `src/lib/go/y.ts` to `lib`. */
export function layerOf(path: string): string {
  const [, layer = '', inner = '', ...rest] = path.split('/')
  return layer === 'providers' && rest.length > 0 ? `${layer}/${inner}` : layer
}

/** The code without comments and without what stands in quotes, line by line, so that a word in a sentence is not found. */
export function codeLines(text: string): string[] {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .split('\n')
    .map((line) => line.replace(/'(?:[^'\\]|\\.)*'/g, "''").replace(/(^|\s)\/\/.*$/, ''))
}

/** What a file imports, in any form. */
export const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^'\n]+)'/g)].map(([, id]) => id!)
