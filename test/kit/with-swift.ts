import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canStartSwift, type S3Store, SwiftStore, storeVariable } from './swift-store.ts'

/**
 * Suites that need a real store: the one of the run, else one for all of them. Without it they are left out with one line, and fail
 * with CI=true. Its buckets are everybody's: each file names its own.
 */
export function withSwift(suites: (store: () => S3Store) => void): void {
  const given = process.env[storeVariable]
  if (!given && !canStartSwift()) return absent()
  describe('with Swift as S3', () => {
    if (given) return suites(() => JSON.parse(given) as S3Store)
    const swift = new SwiftStore()
    beforeAll(() => swift.start(), 90_000)
    afterAll(() => swift.close())
    suites(() => swift.store)
  })
}

function absent(): void {
  describe('with Swift as S3', () => {
    if (process.env['CI'] === 'true') it('has one', () => expect.fail('no Swift: npm run setup'))
    else it.skip('left out: no Swift (npm run setup)', () => {})
  })
  console.log('S3 suites left out: no Swift here (npm run setup installs it on Debian, as root)')
}
