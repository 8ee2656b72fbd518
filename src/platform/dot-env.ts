import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment with what files add to it: `.env` of a folder, the working one, where what is set already wins, and then the
 * file that DEVSTACK_ENV_FILE names, which wins itself. BACALHAU_NO_DOTENV=1 leaves `.env` alone. A file that is not
 * there or cannot be read adds nothing.
 */
export function withEnvFiles(own: Environment, folder = '.'): Environment {
  const usual = own.BACALHAU_NO_DOTENV === '1' ? {} : variablesIn(join(folder, '.env'))
  const merged = { ...usual, ...own }
  return merged.DEVSTACK_ENV_FILE ? { ...merged, ...variablesIn(merged.DEVSTACK_ENV_FILE) } : merged
}

function variablesIn(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}
