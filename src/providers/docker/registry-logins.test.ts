import { describe, expect, it } from 'vitest'
import { findLogin, type LoginsFile } from './registry-logins.ts'

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
const me = { login: { username: 'me', password: 'a:b' } }

describe('findLogin', () => {
  it('finds a registry however its key is written, with its port', () => {
    for (const key of ['registry.example:5000', 'https://registry.example:5000', 'http://registry.example:5000/v2/']) {
      expect(findLogin({ auths: { [key]: auth('me:a:b') } }, 'registry.example:5000')).toEqual(me)
    }
    expect(findLogin({ auths: { 'https://index.docker.io/v1/': auth('me:a:b') } }, 'docker.io')).toEqual(me)
  })

  it('finds nothing for another host, port or part of a name [X9, S1]', () => {
    const file: LoginsFile = { auths: { 'registry.example:5000': auth('me:a:b'), 'docker.io': auth('me:a:b') } }
    for (const domain of ['registry.example', 'registry.example:5001', 'evil.registry.example:5000', 'example', '']) {
      expect(findLogin(file, domain)).toBeUndefined()
    }
  })

  it('takes tokens and plain words too, and no half of a login', () => {
    expect(findLogin({ auths: { a: { identitytoken: 't' } } }, 'a')).toEqual({ login: { identitytoken: 't' } })
    expect(findLogin({ auths: { a: { username: 'me', password: 'a:b' } } }, 'a')).toEqual(me)
    expect(findLogin({ auths: { a: auth('me') } }, 'a')).toBeUndefined()
    expect(findLogin({ auths: { a: {} } }, 'a')).toBeUndefined()
  })

  it('asks the helper of a registry, else the one for all', () => {
    const file: LoginsFile = { credsStore: 'all', credHelpers: { 'registry.example': 'one' } }
    expect(findLogin(file, 'registry.example')).toEqual({ helper: 'one', server: 'registry.example' })
    expect(findLogin(file, 'docker.io')).toEqual({ helper: 'all', server: 'https://index.docker.io/v1/' })
  })
})
