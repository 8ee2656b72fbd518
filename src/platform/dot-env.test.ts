import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { withEnvFiles } from './dot-env.ts'

const folder = (text?: string): string => {
  const path = mkdtempSync(join(tmpdir(), 'bacalhau-env-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  if (text !== undefined) writeFileSync(join(path, '.env'), text)
  return path
}

const refuse = (sentence: string): never => {
  throw new Error(sentence)
}

describe('variables from files', () => {
  it('come from .env where they are not set, unless that is not wanted', () => {
    const path = folder('# mine\nBACALHAU_API_HOST="10.0.0.5"\nexport BACALHAU_API_PORT=9\n')
    const merged = withEnvFiles({ BACALHAU_API_PORT: '7' }, refuse, path)
    expect(merged).toEqual({ BACALHAU_API_HOST: '10.0.0.5', BACALHAU_API_PORT: '7' })
    const own = { BACALHAU_NO_DOTENV: '1' }
    expect(withEnvFiles(own, refuse, path)).toEqual(own)
  })

  it('come from the file of a devstack, which is stronger', () => {
    const path = folder()
    writeFileSync(join(path, 'stack'), 'export BACALHAU_API_PORT=5\n')
    const own = { DEVSTACK_ENV_FILE: join(path, 'stack'), BACALHAU_API_PORT: '7' }
    expect(withEnvFiles(own, refuse, path)).toEqual({ ...own, BACALHAU_API_PORT: '5' })
  })

  it('are none when there is no file', () => {
    expect(withEnvFiles({ A: 'b' }, refuse, folder())).toEqual({ A: 'b' })
  })

  it('are none in a folder that bears the name, and a file that cannot be read is told of', () => {
    const path = folder()
    mkdirSync(join(path, '.env'))
    expect(withEnvFiles({ A: 'b' }, refuse, path)).toEqual({ A: 'b' })
    const told: string[] = []
    const own = { DEVSTACK_ENV_FILE: join(path, 'missing') }
    expect(withEnvFiles(own, (sentence) => told.push(sentence), path)).toEqual(own)
    expect(told).toEqual([expect.stringMatching(/^the variables in .*missing are not used: ENOENT/)])
  })
})
