import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { askHelper } from './credential-helper.ts'

let folder: string
const path = process.env['PATH']
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bacalhau-helper-'))
  process.env['PATH'] = `${folder}:${path}`
})
afterEach(() => {
  process.env['PATH'] = path
  rmSync(folder, { recursive: true, force: true })
})

const ask = (script: string, limitMs?: number) => {
  writeFileSync(join(folder, 'docker-credential-test'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return askHelper('test', 'registry.example', limitMs)
}
const login = `echo '{"Username":"me","Secret":"hunter2"}'`

it('a helper tells a login, or that it has none', async () => {
  expect(await ask(login)).toEqual({ username: 'me', password: 'hunter2' })
  expect(await ask('echo "credentials not found in native keychain"; exit 1')).toBeUndefined()
})

it('a helper that fails is told by what it says, and never by a login that it has said before', async () => {
  await expect(ask('echo "the vault is shut"; exit 1')).rejects.toThrow('docker-credential-test: the vault is shut')
  await expect(ask(`${login}; exit 3`)).rejects.toThrow(/^docker-credential-test: exit code 3$/)
  await expect(ask(`${login}; exec sleep 60`, 500)).rejects.toThrow(/^docker-credential-test: no answer within 500 ms$/)
})
