import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault, messageOf } from '#lib/fault.ts'
import { askedFolder } from './start/asked-folder.ts'
import { countWordsOf } from './start/count-words.ts'
import { tryLines } from './start/report.ts'
import { Stages } from './start/stages.ts'

/**
 * `npm start [-- FOLDER]`: builds the product, starts a small cluster of it, counts the words of real text with a job in
 * several parts, and stops the cluster. Everything it makes lies in one temporary folder that it removes, however it ends.
 */
const root = join(import.meta.dirname, '..')
const interruptedCode = 130
const calledFrom = process.env['INIT_CWD'] ?? process.cwd()

const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort())

const print = (...lines: string[]) => console.log(lines.join('\n'))
const stages = new Stages(print, Number(process.env['INSTALL_MS'] ?? 0))

try {
  const folder = askedFolder(process.argv.slice(2), calledFrom, root)
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'bacalhau-start-')))
  try {
    await countWordsOf(folder, { root, scratch, stages, print, signal: interrupted.signal })
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 })
  }
  print('', 'How long it took:', ...stages.lines, '', 'To do it by hand:', ...tryLines(root, calledFrom, folder))
} catch (error) {
  process.exitCode = explain(error)
}

/** One sentence and what can be done; gives the exit code. */
function explain(error: unknown): number {
  if (interrupted.signal.aborted) {
    console.error('Interrupted; the cluster is stopped and nothing is left behind.')
    return interruptedCode
  }
  console.error(`Error: ${messageOf(error)}`)
  if (error instanceof Fault && error.hint) console.error(`Hint: ${error.hint}`)
  return 1
}
