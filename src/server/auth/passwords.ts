import { hash, timingSafeEqual } from 'node:crypto'
import { compare, genSaltSync, hashSync } from 'bcryptjs'

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
  /** A hash that fits no password that can be sent. */
  readonly #decoy: string | undefined

  constructor(stored: readonly string[]) {
    const costs = stored.flatMap((each) => Number(bcryptForm.exec(each)?.[1] ?? []))
    this.#decoy = costs.length === 0 ? undefined : hashSync('', genSaltSync(Math.max(...costs)))
  }

  async isRight(stored: string | undefined, given: string): Promise<boolean> {
    const isHash = stored !== undefined && isBcrypt(stored)
    const target = isHash ? stored : this.#decoy
    const fits = target !== undefined && given !== '' && (await compare(given, target))
    return isHash ? fits : isSameSecret(stored ?? '', given) && stored !== undefined
  }
}
