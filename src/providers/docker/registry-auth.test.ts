import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseImageRef } from './image-ref.ts'
import { registryAuth } from './registry-auth.ts'

const credentials = { 'docker.io': { username: 'me', password: 'secret' } }
const authFor = async (image: string) =>
  (await registryAuth(parseImageRef(image), { credentials, loginsFile: '' }))['X-Registry-Auth']

describe('registryAuth', () => {
  it('gives the login to its own registry', async () => {
    for (const image of ['ubuntu', 'me/private:1', 'docker.io/me/private', 'index.docker.io/me/x']) {
      const login = Buffer.from((await authFor(image)) ?? '', 'base64url').toString()
      expect(JSON.parse(login)).toEqual(credentials['docker.io'])
    }
  })

  it('never offers it to another, however many slashes there are [X9, S1]', async () => {
    for (const image of ['registry.attacker.example/img', 'localhost/x', 'a.b/c/d/e', 'docker.io.evil.example/x']) {
      expect(await authFor(image)).toBeUndefined()
    }
    expect(await registryAuth({ domain: 'constructor' }, { credentials, loginsFile: '' })).toEqual({})
  })

  it('quotes nothing of a broken file of logins, because owners of jobs are told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bacalhau-logins-'))
    const loginsFile = join(folder, 'config.json')
    writeFileSync(loginsFile, '{"auths":{"r.example":{"auth": c2VjcmV0OnBhc3N3b3Jk}}}')
    const asked = registryAuth({ domain: 'r.example' }, { credentials: {}, loginsFile })
    await expect(asked).rejects.toThrow(/^cannot look up the login of r\.example: the file of logins is no valid JSON$/)
    rmSync(folder, { recursive: true })
  })
})
