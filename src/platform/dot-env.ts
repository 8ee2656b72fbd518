import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment with what files add to it: `.env` of a folder, the working one, where what is set already wins, and then the
 * file that DEVSTACK_ENV_FILE names, which wins itself. BACALHAU_NO_DOTENV=1 leaves `.env` alone. A file that cannot be
 * read adds nothing, and `onUnread` is told a sentence; but not of a `.env` that is not there, or is a folder.
 */
export function withEnvFiles(own: Environment, onUnread: (sentence: string) => void, folder = '.'): Environment {
  const usual = own.BACALHAU_NO_DOTENV === '1' ? {} : variablesIn(join(folder, '.env'), ['ENOENT', 'EISDIR'], onUnread)
  const merged = { ...usual, ...own }
  const named = merged.DEVSTACK_ENV_FILE
  return named ? { ...merged, ...variablesIn(named, [], onUnread) } : merged
}

/** `expected`: codes of errors that nobody need hear of. */
function variablesIn(path: string, expected: readonly string[], onUnread: (sentence: string) => void): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!expected.includes(code)) onUnread(`the variables in ${path} are not used: ${message}`)
    return {}
  }
}
