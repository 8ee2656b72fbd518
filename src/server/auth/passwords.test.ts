import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { isBcrypt, Passwords } from './passwords.ts'

const hashed = hashSync('correct horse', 10)

/** Processor time in microseconds, the best of a few tries: other work on the machine takes none of it. */
async function cost(check: () => Promise<boolean>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 3; tries++) {
    const start = process.cpuUsage()
    await check()
    best = Math.min(best, process.cpuUsage(start).user)
  }
  return best
}

describe('passwords', () => {
  it('fit as they are, or by their hash [S16]', async () => {
    const passwords = new Passwords([hashed, 'in the clear'])
    expect(await passwords.isRight(hashed, 'correct horse')).toBe(true)
    expect(await passwords.isRight(hashed, 'correct horses')).toBe(false)
    expect(await passwords.isRight(hashed, hashed)).toBe(false)
    expect(await passwords.isRight('in the clear', 'in the clear')).toBe(true)
    expect(await passwords.isRight('in the clear', '')).toBe(false)
    expect(await passwords.isRight(undefined, '')).toBe(false)
  })

  it('need no hash among them [S16]', async () => {
    for (const passwords of [new Passwords(['in the clear']), new Passwords([])]) {
      expect(await passwords.isRight('in the clear', 'in the clear')).toBe(true)
      expect(await passwords.isRight('in the clear', 'a wrong one')).toBe(false)
      expect(await passwords.isRight(undefined, 'a wrong one')).toBe(false)
    }
  })

  it('cost the same for who is not known, and for whose password is in the clear [S23]', async () => {
    const passwords = new Passwords([hashed, 'in the clear'])
    const known = await cost(() => passwords.isRight(hashed, 'a wrong one'))
    expect(await cost(() => passwords.isRight(undefined, 'a wrong one'))).toBeGreaterThan(known / 4)
    expect(await cost(() => passwords.isRight('in the clear', 'a wrong one'))).toBeGreaterThan(known / 4)
  })

  it('cost nothing before anybody logs in, however dear their hashes are [S23]', () => {
    // 2³¹ rounds: days.
    expect(new Passwords([`$2a$31$${'a'.repeat(53)}`])).toBeInstanceOf(Passwords)
  })

  it('are known as hashes by their whole form [S16]', () => {
    expect(isBcrypt(hashed)).toBe(true)
    expect(isBcrypt(hashed.slice(0, -1))).toBe(false)
    expect(isBcrypt('$2a$10$')).toBe(false)
  })
})
