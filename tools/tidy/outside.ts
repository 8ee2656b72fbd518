import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { root, type SourceFile } from './source-files.ts'

/** What only holds on one machine or names a place to download from; the parts are joined so as not to find themselves. */
const machinePaths = new RegExp(`(?<![\\w.~-])/(?:${['work/main', 'work/shared', 'work/notes', 'root/'].join('|')})`)
const registryHosts = new RegExp(
  [
    'registry\\.npm' + 'js',
    'deb\\.deb' + 'ian',
    'pypi\\.' + 'org',
    'proxy\\.gol' + 'ang',
    'unp' + 'kg\\.com',
    'crates\\.io/api',
  ].join('|'),
)

/** Lines that name a path of somebody's machine or a registry's host. */
export function machineTraces(files: SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => {
      const isTrace = machinePaths.test(line) || registryHosts.test(line)
      return isTrace ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`] : []
    }),
  )
}

/** Links in Markdown files whose file is not there, and files and folders of the project that are named and are not. */
export function deadLinks(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...linksIn(text).map((link) => join(dirname(path), link)), ...pathsIn(text)]
        .filter((place) => !existsSync(join(root, place)))
        .map((place) => `${path}: ${place} is not there`),
    )
}

const linksIn = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!.split('#')[0]!)
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link))

const pathsIn = (text: string): string[] =>
  [...text.matchAll(/`((?:bench|docs|examples|src|test|tools)\/[\w./-]+)`/g)].map(([, path]) => path!)

const mostCharacters = 152
/** Written by tools, or read by them line by line. */
const ofTools = /^(?:README|docs\/(?:api|cli|compat|requirements))\.md$/

/** Lines of documents that are longer than ours are, tables and code aside. */
export function longLines(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.endsWith('.md') && !ofTools.test(path))
    .flatMap(({ path, text }) => {
      const prose = text.replace(/^ *```[^]*?^ *```$/gm, (code) => code.replace(/[^\n]/g, ''))
      return prose
        .split('\n')
        .flatMap((line, i) => (line.length > mostCharacters && !line.startsWith('|') ? [`${path}:${i + 1}`] : []))
    })
}

const commentLine = /^\s*(?:\/\/|\/?\*)/
/** Standards are found by their number. */
const sectionOfNone = /(?<!RFC \d+ )§/

/** Comments that name a document, or a section of one, that readers of the project do not have. */
export function strangeDocuments(files: SourceFile[]): string[] {
  const documents = new Set(files.map(({ path }) => basename(path)))
  const isStrange = (line: string): boolean =>
    sectionOfNone.test(line) || [...line.matchAll(/[\w-]+\.md\b/g)].some(([name]) => !documents.has(name))
  return files
    .filter(({ path }) => /\.(?:ts|mjs|c)$/.test(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, i) => (commentLine.test(line) && isStrange(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    )
}

type Locked = { version?: string; resolved?: string; link?: boolean; optionalDependencies?: Record<string, string> }

/** Faults of the lockfile: download addresses, and optional packages of other platforms that are not locked. */
export function lockfileFaults(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>
  }
  return Object.entries(packages).flatMap(([path, { resolved, optionalDependencies = {} }]) => [
    ...(resolved ? [`${path} has a download address`] : []),
    ...Object.keys(optionalDependencies)
      .filter((name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`])
      .map((name) => `${path} wants ${name}, which is not locked: run node tools/complete-lockfile.ts`),
  ])
}
