import { describe, expect, it } from 'vitest'
import { claimsOfAnswers, claimsOfClient, type LoginRules, questionsOf } from './login-rules.ts'
import { readLogin } from './read-policy.ts'
import { hashed } from './scrypt.ts'

const rules = (who: LoginRules['who'], own = 15): LoginRules => ({ who, namespaces: { '*': 5 }, own })
const salt = Buffer.from('some salt').toString('base64')
const read = (text: string, path = '/policies/login.yaml') => readLogin({ path, bytes: Buffer.from(text) })

describe('who gets a token [S18, S19]', () => {
  it('is any client, or one of a list', () => {
    expect(claimsOfClient(rules({ kind: 'anyone' }), 'c1')).toEqual({ sub: 'c1', ns: { '*': 5, c1: 15 } })
    expect(claimsOfClient(rules({ kind: 'clients', ids: ['c1'] }), 'c1')).toEqual({ sub: 'c1', ns: { '*': 5, c1: 15 } })
    expect(claimsOfClient(rules({ kind: 'clients', ids: ['c1'] }), 'c2')).toBeUndefined()
    expect(claimsOfClient(rules({ kind: 'secret', secret: 's' }), 'c1')).toBeUndefined()
  })

  it('is who knows the secret, without a name', async () => {
    const secret = rules({ kind: 'secret', secret: 'open sesame' })
    expect(await claimsOfAnswers(secret, { token: 'open sesame' })).toEqual({ ns: { '*': 5 } })
    const wrong: Record<string, string>[] = [{ token: 'open' }, { token: '' }, {}]
    for (const answers of wrong) expect(await claimsOfAnswers(secret, answers)).toBeUndefined()
    expect(questionsOf(secret)).toMatchObject({ required: ['token'], properties: { token: { writeOnly: true } } })
    expect(await claimsOfAnswers(rules({ kind: 'anyone' }), {})).toBeUndefined()
  })

  it('is who knows the password of a user', async () => {
    const users = rules({ kind: 'users', users: { ada: [await hashed('correct', salt), salt] } })
    expect(await claimsOfAnswers(users, { username: 'ada', password: 'correct' })).toEqual({
      sub: 'ada',
      ns: { '*': 5, ada: 15 },
    })
    for (const [username, password] of [
      ['ada', 'wrong'],
      ['ada', ''],
      ['eve', 'correct'],
      ['toString', ''],
      ['', ''],
    ] as const) {
      expect(await claimsOfAnswers(users, { username, password })).toBeUndefined()
    }
  })

  it('is hashed as the tool of release 1.4 does it', async () => {
    // Computed by another implementation of scrypt.
    expect(await hashed('correct', salt)).toBe('OrOAvYpHD8AEP6jQKHzNe0J28xx6YOMf/IMo7L+SprI=')
  })
})

describe('a login policy in YAML [S18]', () => {
  it('names a secret, users or clients, and what their tokens permit', () => {
    expect(read('secret: open sesame')).toEqual({
      who: { kind: 'secret', secret: 'open sesame' },
      namespaces: { '*': 15 },
      own: 0,
    })
    expect(read('Clients: [c1]')).toMatchObject({ namespaces: { '*': 5 }, own: 15 })
    expect(
      read(
        'Users: [{Name: ada, Hash: aGFzaA==, Salt: c2FsdA==}]\nNamespaces: [{Namespace: red, Permissions: [read, write]}]',
      ),
    ).toEqual({
      who: { kind: 'users', users: { ada: ['aGFzaA==', 'c2FsdA=='] } },
      namespaces: { red: 3 },
      own: 15,
    })
  })

  it.each([
    ['{}', 'it has one of Secret, Users and Clients'],
    ['Secret: a\nClients: [b]', 'it has one of Secret, Users and Clients'],
    ['Users: [{Name: ada}]', 'a user has a Name, a Hash and a Salt'],
    [
      'Secret: a\nNamespaces: [{Namespace: x, Permissions: [fly]}]',
      '"fly" is no permission: there are read, write, download, cancel',
    ],
  ])('is refused when it means nothing: %j', (text, why) => {
    expect(() => read(text)).toThrow(why)
  })

  it('that is Rego of somebody is refused with the way to compile it', () => {
    expect(() => read('package bacalhau.authn\ntoken := "x"', '/p.rego')).toThrow('the policy /p.rego is not compiled')
    try {
      read('package bacalhau.authn', '/p.rego')
    } catch (error) {
      expect((error as { hint: string }).hint).toContain('opa build -t wasm')
    }
  })
})
