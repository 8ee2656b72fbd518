import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { coveringDomains, isAllowedDomain, isDomain, normalDomain } from './domains.ts'

describe('domains', () => {
  it('are names and addresses, as a whole', () => {
    for (const domain of ['192.168.0.1', '2001:db8::1', 'example.com', '.example.com']) {
      expect(isDomain(domain), domain).toBe(true)
    }
    for (const text of ['at@.walker', '192.168.0.1/32', 'foo.com:80', 'http://foo.com/x', 'com', 'fe80::1%eth0']) {
      expect(isDomain(text), text).toBe(false)
    }
  })

  it('are allowed by themselves, or by a dot in front with all that lies below [R151]', () => {
    const allows = (rule: string, host: string) => isAllowedDomain(rule, host)
    expect([allows('foo.com', 'FOO.com '), allows('.foo.com', 'foo.com'), allows('.foo.com', 'y.x.foo.com')]).toEqual([
      true,
      true,
      true,
    ])
    expect([allows('*.foo.com', 'x.foo.com'), allows('*.foo.com', 'foo.com')]).toEqual([true, false])
    expect([allows('foo.com', 'x.foo.com'), allows('.foo.com', 'x-foo.com'), allows('.foo.com', 'bar.com')]).toEqual([
      false,
      false,
      false,
    ])
  })

  it('are reduced to those that cover all of them', () => {
    const label = fc.constantFrom('a', 'b', 'x')
    const domain = fc.tuple(fc.constantFrom('', '.'), fc.array(label, { minLength: 1, maxLength: 3 }))
    fc.assert(
      fc.property(fc.array(domain.map(([dot, labels]) => `${dot}${labels.join('.')}.com`)), (domains) => {
        const kept = coveringDomains(domains)
        expect(kept.every((each) => domains.includes(each))).toBe(true)
        for (const each of domains) expect(kept.some((other) => isAllowedDomain(other, each))).toBe(true)
        for (const each of kept) expect(kept.filter((other) => isAllowedDomain(other, each))).toEqual([each])
      }),
      { seed: 1 },
    )
  })
})

type Network = { domainSet: string[]; invalid: string; normalized: string[] }
const invalidDomains = (domains: readonly string[]): string =>
  domains
    .filter((domain) => !isDomain(domain))
    .map((domain) => `invalid domain "${domain}"`)
    .join('\n')
/** The reference looks for a domain anywhere in a text; ours wants nothing else there. */
const somewhere = /\b([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}\b/
const isOnlySomewhere = (domain: string): boolean => somewhere.test(domain) && !isDomain(domain)

describeVectors(
  'network-config.json',
  ({ domains }: { domains: string[] | null }) => {
    const normalized = (domains ?? []).map(normalDomain)
    return { normalized, invalid: invalidDomains(normalized), domainSet: coveringDomains(normalized) }
  },
  {
    // A later version has more types, and refuses domains of theirs whatever they are: a rule of the job.
    skip: ({ in: { domains, type } }) => ['Default', 'Host', 'Bridge'].includes(type) && domains.length > 0,
    isSame: (actual, expected) => {
      const [ours, wanted] = [actual as Network, expected as Network]
      const stricter = wanted.normalized.filter(isOnlySomewhere)
      const invalid = invalidDomains(wanted.normalized.filter((each) => !stricter.includes(each)))
      const areSame = `${ours.normalized}` === `${wanted.normalized}` && invalid === wanted.invalid
      if (stricter.length > 0) return areSame && stricter.every((each) => ours.invalid.includes(`"${each}"`))
      // Refused domains never reach a gateway. The reference's order is none, so that it loses a declared domain or keeps a
      // covered one now and then; ours does neither.
      const isLossy = !wanted.normalized.every((each) => wanted.domainSet.some((rule) => isAllowedDomain(rule, each)))
      const isSetSame =
        wanted.invalid !== '' || isLossy || `${ours.domainSet}` === `${coveringDomains(wanted.domainSet)}`
      return areSame && ours.invalid === wanted.invalid && isSetSame
    },
  },
)
