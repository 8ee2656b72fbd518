import { hash, timingSafeEqual } from 'node:crypto'
import { compare } from 'bcryptjs'

const bcryptForm = /^\$2[abxy]?\$(\d\d)\$[./A-Za-z0-9]{53}$/

export const isBcrypt = (stored: string): boolean => bcryptForm.test(stored)

/** Whether two texts are equal, in a time that tells nothing of where they differ. */
export const isSameSecret = (one: string, other: string): boolean =>
  timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'))

/**
 * Checks passwords against what is stored, in the clear or as bcrypt hashes. Each check costs one bcrypt comparison
 * as soon as any hash is stored, also for a user whom nobody knows: the time tells nobody who exists.
 */
export class Passwords {
  /** In the form of a hash, and the hash of nothing. */
  readonly #decoy: string | undefined

  constructor(stored: readonly string[]) {
    const costs = stored.flatMap((each) => bcryptForm.exec(each)?.[1] ?? []).map(Number)
    const cost = String(Math.max(...costs)).padStart(2, '0')
    this.#decoy = costs.length === 0 ? undefined : `$2b$${cost}$${'.'.repeat(53)}`
  }

  async isRight(stored: string | undefined, given: string): Promise<boolean> {
    const isHash = stored !== undefined && isBcrypt(stored)
    const target = isHash ? stored : this.#decoy
    const fits = target !== undefined && given !== '' && (await compare(given, target))
    return isHash ? fits : isSameSecret(stored ?? '', given) && stored !== undefined
  }
}
