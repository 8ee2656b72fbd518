import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exit, Scratch } from '#contracts/engine.ts'

/**
 * How a program ended, kept in its private folder before its container is removed: when we are killed before the node has
 * stored the result, `attach` still finds it.
 */
const fileIn = (scratch: Scratch): string => join(scratch.path, 'docker-exit.json')

export async function writeExit(scratch: Scratch, exit: Exit): Promise<void> {
  const path = fileIn(scratch)
  await scratch.make()
  await writeFile(`${path}.new`, JSON.stringify(exit))
  await rename(`${path}.new`, path)
}

/** Undefined when there is none, or none that can be read. */
export async function readExit(scratch: Scratch): Promise<Exit | undefined> {
  try {
    const exit = JSON.parse(await readFile(fileIn(scratch), 'utf8')) as Exit
    return typeof exit.exitCode === 'number' ? exit : undefined
  } catch {
    return undefined
  }
}
