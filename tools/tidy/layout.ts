import { basename, dirname, join, relative } from 'node:path'
import { importsOf, layerOf, type SourceFile } from './source-files.ts'

const forbiddenNames = /^(?:utils?|helpers?|common|types?|manager)(?:[.-]|$)/

/** Names that say nothing, or are not in kebab-case. */
export function badNames(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => /^(?:src|test|tools|bench)\/.*\.(?:ts|mjs)$/.test(path))
    .flatMap(({ path }) => {
      const parts = path.split('/').slice(1)
      const isPlain = parts.every((part) => /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part))
      const saysNothing = parts.some((part) => forbiddenNames.test(part))
      return [
        ...(isPlain ? [] : [`${path}: not kebab-case`]),
        ...(saysNothing ? [`${path}: the name says nothing`] : []),
      ]
    })
}

const atTheTop =
  /^(?:\.gitignore|\.npmrc|\.oxlintrc\.json|LICENSE|[A-Z]+\.md|(?:package|package-lock|biome|knip|tsconfig[.a-z]*)\.json|vitest\.config\.ts)$/

/** What programs have left where they ran: at the top of the project lie its documents and what its tools are told. */
export const strays = (files: SourceFile[]): string[] =>
  files.map(({ path }) => path).filter((path) => !path.includes('/') && !atTheTop.test(path))

/** What users of the package import; to pass that on is all it does. */
const packageEntry = 'src/client/index.ts'

/** Files that only pass on what others export: a reader should find a thing where it is. */
export function barrels(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => path !== packageEntry)
    .filter(({ text }) => /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s+from\b/m.test(text))
    .map(({ path }) => `${path} passes on another file's exports`)
}

const plainlyAsked = /(?<!\w)fetch\([^)]*(?:\/api\/v1|\bapi\b)/

/** Tests that ask the API of a server in another process past what holds its answers against the document. */
export function unseenAnswers(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('test/e2e/') || path.startsWith('test/kit/'))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, at) => (plainlyAsked.test(line) ? [`${path}:${at + 1}: use apiFetch`] : [])),
    )
}

/** Relative imports that leave their layer, and `#` imports that do not. */
export function crossings(files: SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    importsOf(text).flatMap((id) => {
      if (id.startsWith('.')) {
        const target = relative('.', join(path, '..', id))
        return layerOf(target) === layerOf(path) ? [] : [`${path}: ${id} leaves the layer; write #${target.slice(4)}`]
      }
      const isOwn = id.startsWith('#') && layerOf(`src/${id.slice(1)}`) === layerOf(path)
      return isOwn ? [`${path}: ${id} is in the same layer; import it by its relative path`] : []
    }),
  )
}

export const reportedLines = 250
const mostLines = 600

/** Lines of each source file that is longer than we like to read, longest first. */
export function longFiles(files: SourceFile[]): { path: string; lines: number; isTooLong: boolean }[] {
  return files
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    .filter(({ lines }) => lines > reportedLines)
    .map(({ path, lines }) => ({ path, lines, isTooLong: lines > mostLines }))
    .sort((a, b) => b.lines - a.lines)
}

/** Docstrings above another docstring: what they tell of has gone elsewhere. */
export function lostDocstrings(files: SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(/\*\/\n *\/\*\*/g)].map(({ index }) => `${path}:${text.slice(0, index).split('\n').length}`),
  )
}

/** The executable is CommonJS, where a file cannot wait before it is loaded. */
export function waitingFiles(files: SourceFile[]): string[] {
  return files
    .filter(({ text }) => /^(?:const .* = )?await\b/m.test(text))
    .map(({ path }) => `${path}: top-level await`)
}

const firstOfCommands = 'src/cli/process-program.ts'
/** Parts of Node that take milliseconds to load. */
const slowParts = ['crypto', 'http', 'https', 'tls', 'zlib', 'child_process', 'worker_threads', 'sqlite']

/** What every command waits for, `--help` too: files that it loads at once and that load a slow part of Node. */
export function slowStarts(files: SourceFile[]): string[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  const loaded = new Set([firstOfCommands])
  for (const path of loaded) for (const id of loadedWith(texts.get(path) ?? '')) loaded.add(fileOf(id, path))
  return [...loaded].flatMap((path) =>
    loadedWith(texts.get(path) ?? '')
      .filter((id) => slowParts.includes(id.replace('node:', '')))
      .map((id) => `${path}: ${id}`),
  )
}

/** What a file imports to run it; not what is imported when it is used, or as a type. */
const loadedWith = (text: string): string[] =>
  [...text.matchAll(/^import (?!type )[^'(]*'([^'\n]+)'/gm)].map(([, id]) => id!)

const fileOf = (id: string, importer: string): string =>
  id.startsWith('#') ? id.replace('#', 'src/') : id.startsWith('.') ? join(dirname(importer), id) : id

/** Unfinished work belongs into an issue, and a test that is switched off or retried shows nothing. */
export function leftovers(files: SourceFile[]): string[] {
  const traces = new RegExp(['TO' + 'DO', 'FIX' + 'ME', '\\bX' + 'XX\\b'].join('|'))
  const weak = /\bvi\.mock\(|\b(?:it|test|describe)\.(?:only|skip|todo)\((?!['`]left out)|[{,]\s*retry: \d/
  return files
    .filter(({ path }) => /\.(?:ts|mjs)$/.test(path) && basename(path) !== 'layout.ts')
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, i) => (traces.test(line) || weak.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    )
}
