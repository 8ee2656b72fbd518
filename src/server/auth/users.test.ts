import { describe, expect, it } from 'vitest'
import { readUsers } from './users.ts'

const Capabilities = [{ Actions: ['*'] }]
const ada = { Username: 'ada', Password: 'correct horse', Capabilities }
const key = (APIKey: string, more: object = {}) => ({ APIKey, Capabilities, ...more })
const longKey = 'k'.repeat(20)
const [long101, long256] = ['a'.repeat(101), 'x'.repeat(256)]

describe('users of the configuration [S16]', () => {
  it.each([
    [
      { ...ada, APIKey: longKey },
      "user 'ada' has both username/password and API key, must have only one authentication method",
    ],
    [
      { Alias: 'A', Capabilities },
      "user 'A' has neither username/password nor API key, must have one authentication method",
    ],
    [
      { ...ada, Password: '' },
      "user 'ada' has neither username/password nor API key, must have one authentication method",
    ],
    [{ ...ada, Username: long101 }, `username for user '${long101}' exceeds maximum length of 100 characters`],
    [{ ...ada, Username: 'a.b' }, "username for user 'a.b' must contain only alphanumeric characters (a-z, A-Z, 0-9)"],
    [{ ...ada, Password: 'short' }, "password for user 'ada' is too short, minimum length is 10 characters"],
    [{ ...ada, Password: long256 }, "password for user 'ada' exceeds maximum length of 255 characters"],
    [{ ...ada, Password: '$2a$10$tooshort' }, "password for user 'ada' looks like a bcrypt hash and is none"],
    [key('abcdefghijk'), "API key for user 'API key ending in ...ghijk' is too short, minimum length is 20 characters"],
    [key(long256), "API key for user 'API key ending in ...xxxxx' exceeds maximum length of 255 characters"],
    [{ ...ada, Capabilities: [] }, "user 'ada' has no capabilities defined, must have at least one capability"],
    [{ ...ada, Capabilities: [{ Actions: ['reed:job'] }] }, "user 'ada' has the unknown capability 'reed:job'"],
  ])('refuses %j', (user, message) => {
    expect(() => readUsers([user])).toThrow(message)
  })

  it.each([
    [
      [{ ...ada, Alias: 'X' }, key(longKey, { Alias: 'x' })],
      "duplicate alias detected: 'X' and 'x' (aliases are case-insensitive)",
    ],
    [
      [ada, { ...ada, Username: 'ADA' }],
      "duplicate username detected: 'ada' and 'ADA' (usernames are case-insensitive)",
    ],
    [[key(longKey, { Alias: 'a' }), key(longKey, { Alias: 'b' })], "duplicate API key detected for user 'b'"],
  ])('refuses two that are told apart by nothing: %j', (users, message) => {
    expect(() => readUsers(users)).toThrow(message)
  })

  it('reads keys of any case, and a list without namespaces as all of them', () => {
    const [one, other] = readUsers([
      { username: 'ada', password: 'correct horse', capabilities: [{ actions: ['read:*'], namespaces: ['red'] }] },
      key(longKey, { Alias: 'robot' }),
    ])
    expect(one).toEqual({
      name: 'ada',
      login: { username: 'ada', password: 'correct horse' },
      apiKey: undefined,
      grants: [{ actions: ['read:*'], namespaces: ['red'] }],
    })
    expect(other).toMatchObject({ name: 'robot', apiKey: longKey, grants: [{ actions: ['*'], namespaces: undefined }] })
  })

  it('says where a value of the wrong kind is, without the value', () => {
    expect(() => readUsers([{ ...ada, Password: 12345678901 }])).toThrow(/^API\.Auth\.Users: /)
  })
})
