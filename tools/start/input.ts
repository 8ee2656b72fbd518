import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Fault } from '#lib/fault.ts'
import { unreadable } from './asked-folder.ts'

/** Real text that every installation has: what packages say about themselves. */
const saidByPackages = /^(?:readme|license|licence|changelog|history)(?:[.-].*)?$/i
const mostFiles = 5000
const mostBytes = 64 * 1024 * 1024

/** What is counted; `leftOut` are files that are empty, no text, too large, or too many. */
export type Input = { files: number; bytes: number; leftOut: number }

/**
 * Copies the text files below `from` into the flat folder `to`, in a stable order, numbered so that names stay apart. Of
 * node_modules only READMEs, licences and changelogs are taken.
 */
export function collectInput(from: string, to: string): Input {
  mkdirSync(to, { recursive: true })
  const isWanted = basename(from) === 'node_modules' ? (name: string) => saidByPackages.test(name) : () => true
  const input = { files: 0, bytes: 0, leftOut: 0 }
  for (const file of filesBelow(from)) {
    if (isWanted(basename(file))) take(file, to, input)
  }
  if (input.files === 0) {
    throw new Fault('ValidationError', `there is no text in ${from}`, { hint: 'Name a folder with text files in it.' })
  }
  return input
}

function take(file: string, to: string, input: Input): void {
  try {
    const { size } = statSync(file)
    if (size === 0 || size > mostBytes || input.files >= mostFiles || !isText(file)) return void input.leftOut++
    const name = basename(file).replace(/[^\w.-]/g, '_')
    copyFileSync(file, join(to, `${String(input.files).padStart(5, '0')}-${name}`))
    input.files++
    input.bytes += size
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** Text has no zero byte; its beginning tells. */
function isText(file: string): boolean {
  const beginning = Buffer.alloc(8192)
  const open = openSync(file, 'r')
  try {
    return !beginning.subarray(0, readSync(open, beginning)).includes(0)
  } finally {
    closeSync(open)
  }
}

/** Regular files in sorted order; links are not followed, hidden folders not entered. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name)
    if (entry.isFile()) yield path
    else if (entry.isDirectory() && !entry.name.startsWith('.')) yield* filesBelow(path)
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw unreadable(folder, error)
  }
}
