import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Words of all texts, counted in another way than the program does: one expression over the whole text. */
export function plainCount(texts: readonly Buffer[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) {
    const lower = text.toString('latin1').replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    for (const [run] of lower.matchAll(/[0-9a-z\x80-\xff][0-9a-z'\x80-\xff]*/g)) {
      const word = run.slice(0, 255).replace(/'+$/, '')
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  return counts
}

/** Every file below a folder, hidden folders and links left aside. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\/\./.test(path.slice(folder.length, -basename(path).length)))

export const textsOf = (paths: readonly string[]): Buffer[] => paths.map((path) => readFileSync(path))
