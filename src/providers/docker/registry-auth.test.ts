import { describe, expect, it } from 'vitest'
import { parseImageRef } from './image-ref.ts'
import { registryAuth } from './registry-auth.ts'

const credentials = { 'docker.io': { username: 'me', password: 'secret' } }
const authFor = (image: string) => registryAuth(parseImageRef(image), credentials)['X-Registry-Auth']

describe('registryAuth', () => {
  it('gives the login to its own registry', () => {
    for (const image of ['ubuntu', 'me/private:1', 'docker.io/me/private', 'index.docker.io/me/x']) {
      expect(JSON.parse(Buffer.from(authFor(image) ?? '', 'base64url').toString())).toEqual(credentials['docker.io'])
    }
  })

  it('never offers it to another, however many slashes there are [X9]', () => {
    for (const image of ['registry.attacker.example/img', 'localhost/x', 'a.b/c/d/e', 'docker.io.evil.example/x']) {
      expect(authFor(image)).toBeUndefined()
    }
    expect(registryAuth({ domain: 'constructor' }, credentials)).toEqual({})
  })
})
