import { afterAll, beforeAll, describe } from 'vitest'
import { missingPart } from './missing-part.ts'
import { canStartSwift, type S3Store, SwiftStore, storeVariable } from './swift-store.ts'

/**
 * Suites that need a real store: the one of the run, else one for all of them. Without it they are left out with one line, and fail
 * with CI=true. Its buckets are everybody's: each file names its own.
 */
export function withSwift(suites: (store: () => S3Store) => void): void {
  const given = process.env[storeVariable]
  if (!given && !canStartSwift()) return missingPart('Swift')
  describe('with Swift as S3', () => {
    if (given) return suites(() => JSON.parse(given) as S3Store)
    const swift = new SwiftStore()
    beforeAll(() => swift.start(), 180_000)
    afterAll(() => swift.close())
    suites(() => swift.store)
  })
}
