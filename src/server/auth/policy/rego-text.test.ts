import { describe, expect, it } from 'vitest'
import { emptied, withoutLayout } from './rego-text.ts'

const policy = (secret: string, users: string, namespaces: string) => `
package a # a comment with "quotes"

expected_secret := ${secret}
userlist := ${users}
token := sign({"ns": ${namespaces}})
`
const plain = policy('"x"', '{}', '{"*": read_only}')

describe('the text of a policy [S18]', () => {
  it('is the same with other comments, blanks and commas, but not inside texts', () => {
    expect(withoutLayout('a := ["x y", # no\n  "# yes",\n]')).toBe('a:=["x y","# yes"]')
    expect(withoutLayout('a := "say \\"hi\\" # there" # gone')).toBe('a:="say \\"hi\\" # there"')
  })

  it('is the same whatever users fill in where they are told to', () => {
    const filled = policy(
      '"a \\"b\\" # c"',
      '{"ada": ["aGFzaA==", "c2FsdA=="],\n "bob": ["eA==", "eQ=="],}',
      '{valid_user: 15, "red": full_access}',
    )
    expect(emptied(filled).rest).toBe(emptied(plain).rest)
    expect(emptied(filled).filled).toEqual({
      secret: '"a \\"b\\" # c"',
      users: '{"ada":["aGFzaA==","c2FsdA=="],"bob":["eA==","eQ=="]}',
      namespaces: '{valid_user:15,"red":full_access}',
    })
  })

  it.each([
    plain.replace('package a', 'package b'),
    plain.replace('expected_secret', 'unexpected_secret'),
    policy('"x" + "y"', '{}', '{"*": read_only}'),
    policy('input.secret', '{}', '{"*": read_only}'),
    policy('"x"', '{"ada": lookup("ada")}', '{"*": read_only}'),
    policy('"x"', '{}', '{"*": read_only, input.ask.ns: full_access}'),
    `${plain}\nallow := true`,
  ])('is another when anything else is changed: %j', (changed) => {
    expect(emptied(changed).rest).not.toBe(emptied(plain).rest)
  })
})
