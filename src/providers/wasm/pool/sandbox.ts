import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import type { Place } from './runner-supply.ts'

/** The words that run a program with only these places of the machine: no network, no other process, nothing else on its disk. */
export type Sandbox = (words: readonly string[], places: readonly Place[]) => string[]

const programs = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap']
const walls = ['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv']

/** Bubblewrap as a sandbox; undefined where it is not installed. */
export function findSandbox(): Sandbox | undefined {
  const program = programs.find((path) => existsSync(path))
  if (program === undefined) return undefined
  return (words, places) => [program, ...walls, ...doors(words, places), '--', ...words]
}

/** What is inside: first what the run works on, a folder before what lies in it; then, over it, what the child itself is made of. */
function doors(words: readonly string[], places: readonly Place[]): string[] {
  const sorted = places.toSorted((one, other) => one.hostPath.length - other.hostPath.length)
  return [
    ...sorted.flatMap(({ hostPath, isReadOnly }) => [isReadOnly ? '--ro-bind' : '--bind', hostPath, hostPath]),
    ...[...partsOf(words)].flatMap((path) => ['--ro-bind', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--remount-ro', '/', '--chdir', '/'],
  ]
}

/** The program, its libraries, which are those of this very process, and the package of each file it is given. */
function partsOf([program = '', ...args]: readonly string[]): Set<string> {
  const packages = args.filter((word) => isAbsolute(word) && existsSync(word)).map(packageOf)
  return new Set([program, ...packages, ...loaderOf(program), ...[...loadedLibraries()].flatMap(namesOf)])
}

/** Folder of the nearest package.json; a file that belongs to none stands for itself. */
function packageOf(file: string): string {
  for (let folder = dirname(file); folder !== '/'; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  return file
}

/** The loader that the program itself names, near its beginning. */
function loaderOf(program: string): string[] {
  const fd = openSync(program, 'r')
  try {
    const head = Buffer.alloc(8192)
    readSync(fd, head, 0, head.length, 0)
    return /\/lib[\w/.-]*\/ld-[\w.-]+/.exec(head.toString('latin1'))?.slice(0, 1) ?? []
  } finally {
    closeSync(fd)
  }
}

const loadedLibraries = (): Set<string> => new Set(readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\.so\b\S*$/gm))

/** A library is asked for by a shorter name than its file has: `libm.so.6`. */
function namesOf(library: string): string[] {
  const folder = dirname(library)
  const stem = `${basename(library).split('.so')[0]}.so`
  return readdirSync(folder)
    .filter((name) => name.startsWith(stem))
    .map((name) => join(folder, name))
}
