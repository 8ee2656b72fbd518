import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { until } from '../../../test/kit/until.ts'
import { S3Clients } from './clients.ts'
import { defaultS3Settings } from './settings.ts'

it('a file of credentials that is written later is found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bacalhau-credentials-'))
  const file = join(folder, 'credentials')
  const environment = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(folder, 'config') }
  const alone = {
    ...environment,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: undefined,
    AWS_PROFILE: undefined,
  }
  for (const [name, value] of Object.entries(alone)) vi.stubEnv(name, value)
  const clock = new StepClock()
  const clients = new S3Clients(defaultS3Settings, { clock, environment })
  onTestFinished(async () => {
    await clients.stop()
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })
  expect(await clients.hasCredentials()).toMatchObject({ isYes: false })
  writeFileSync(file, '[default]\naws_access_key_id = id\naws_secret_access_key = secret\n')
  clock.goTo(60_000)
  expect(await clients.hasCredentials()).toMatchObject({ isYes: true })
})

it('credentials that nobody gives out are not waited for without end, and are asked for again', async () => {
  const clock = new StepClock()
  let asked = 0
  const credentials = () =>
    asked++ === 0 ? new Promise<never>(() => {}) : Promise.resolve({ accessKeyId: 'id', secretAccessKey: 'secret' })
  const clients = new S3Clients(defaultS3Settings, { clock, environment: {}, credentials })
  const silent = clients.hasCredentials()
  await until('they are waited for', () => clock.pending === 1)
  clock.goTo(20_000)
  expect(await silent).toMatchObject({ isYes: false, reason: expect.stringContaining('said nothing for 20 s') })
  clock.goTo(60_000)
  expect(await clients.hasCredentials()).toMatchObject({ isYes: true })
})
