import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mayHaveCredentials } from './credential-hints.ts'

it('looks for credentials only where somebody has set AWS up [R174]', async () => {
  const HOME = mkdtempSync(join(tmpdir(), 'bacalhau-aws-'))
  const nowhere = { HOME, AWS_EC2_METADATA_DISABLED: 'true' }
  expect(await mayHaveCredentials(nowhere)).toBe(false)
  expect(await mayHaveCredentials({ ...nowhere, AWS_ACCESS_KEY_ID: 'key' })).toBe(true)
  expect(await mayHaveCredentials({ ...nowhere, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://x' })).toBe(true)
  mkdirSync(join(HOME, '.aws'))
  writeFileSync(join(HOME, '.aws/credentials'), '[default]\n')
  expect(await mayHaveCredentials(nowhere)).toBe(true)
  rmSync(HOME, { recursive: true })
})
