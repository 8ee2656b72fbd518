import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

describe('variables from files', () => {
  it('come from .env where they are not set, unless that is not wanted', () => {
    const path = folder('# mine\nBACALHAU_API_HOST="10.0.0.5"\nexport BACALHAU_API_PORT=9\n')
    const merged = withEnvFiles({ BACALHAU_API_PORT: '7' }, path)
    expect(merged).toEqual({ BACALHAU_API_HOST: '10.0.0.5', BACALHAU_API_PORT: '7' })
    const own = { BACALHAU_NO_DOTENV: '1' }
    expect(withEnvFiles(own, path)).toEqual(own)
  })

  it('come from the file of a devstack, which is stronger', () => {
    const path = folder()
    writeFileSync(join(path, 'stack'), 'export BACALHAU_API_PORT=5\n')
    const own = { DEVSTACK_ENV_FILE: join(path, 'stack'), BACALHAU_API_PORT: '7' }
    expect(withEnvFiles(own, path)).toEqual({ ...own, BACALHAU_API_PORT: '5' })
    expect(withEnvFiles({ DEVSTACK_ENV_FILE: '/nonexistent' }, path)).toEqual({ DEVSTACK_ENV_FILE: '/nonexistent' })
  })

  it('are none when there is no file', () => {
    expect(withEnvFiles({ A: 'b' }, folder())).toEqual({ A: 'b' })
  })
})
