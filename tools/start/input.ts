import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Real text that every installation has: what packages say about themselves. */
const saidByPackages = /^(?:readme|license|licence|changelog|history)(?:[.-].*)?$/i
const mostFiles = 5000
const mostBytes = 4 * 1024 * 1024

export type Input = { folder: string; files: number; bytes: number }

/**
 * Copies the text files below `from` into the flat folder `to`, in a stable order, numbered so that names stay apart. Of
 * node_modules only READMEs, licences and changelogs are taken, of another folder every file that looks like text.
 */
export function collectInput(from: string, to: string): Input {
  mkdirSync(to, { recursive: true })
  const isWanted = basename(from) === 'node_modules' ? (name: string) => saidByPackages.test(name) : looksLikeText
  const input = { folder: to, files: 0, bytes: 0 }
  for (const file of filesBelow(from)) {
    const { size } = statSync(file)
    if (!isWanted(basename(file)) || size === 0 || size > mostBytes) continue
    if (input.files >= mostFiles) break
    copyFileSync(file, join(to, `${String(input.files).padStart(5, '0')}-${basename(file)}`))
    input.files++
    input.bytes += size
  }
  return input
}

const looksLikeText = (name: string): boolean =>
  /\.(?:txt|md|markdown|rst|adoc|org|tex|csv|log|html?)$/i.test(name) || saidByPackages.test(name)

/** Regular files in sorted order; links are not followed, hidden folders not entered. */
function* filesBelow(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isFile()) yield path
    else if (entry.isDirectory() && !entry.name.startsWith('.')) yield* filesBelow(path)
  }
}
