import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Fault, messageOf } from '#lib/fault.ts'

const usage = 'npm start -- FOLDER counts the words of the text files in FOLDER; without one, of node_modules.'

/** The folder whose words are counted: the argument, as seen from where npm was called, else node_modules. */
export function askedFolder(args: readonly string[], calledFrom: string, root: string): string {
  const [given, ...more] = args
  if (given === undefined) return join(root, 'node_modules')
  if (more.length > 0) throw mistake(`one folder at a time, not ${args.length}`, usage)
  if (given.startsWith('-')) throw mistake(`unknown option ${given}`, usage)
  const folder = resolve(calledFrom, given)
  checkFolder(folder)
  return folder
}

function checkFolder(folder: string): void {
  try {
    if (!statSync(folder).isDirectory()) throw mistake(`${folder} is a file, not a folder`, usage)
    if (readdirSync(folder).length === 0) throw mistake(`${folder} is empty`, 'Name a folder with text files in it.')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw mistake(`there is no folder ${folder}`, usage)
    throw error instanceof Fault ? error : unreadable(folder, error)
  }
}

/** What lies there but cannot be read. */
export const unreadable = (path: string, error: unknown): Fault =>
  mistake(`cannot read ${path}: ${messageOf(error)}`, 'Give this user the right to read it, or name another folder.')

const mistake = (message: string, hint: string): Fault => new Fault('ValidationError', message, { hint })
