import { describe, expect, it } from 'vitest'
import { parseClientVersion, since } from './client-version.ts'

describe('the version a client announces', () => {
  it('counts an absent header and development builds as the oldest generation', () => {
    for (const header of [undefined, '', 'v0.0.0', 'v0.0.0-xxxxxxx']) {
      expect(parseClientVersion(header)).toEqual({ kind: 'ok', version: since.v1_4 })
    }
  })

  it('orders versions by their numbers, not their text', () => {
    expect(parseClientVersion('v1.10.0')).toEqual({ kind: 'ok', version: 11000 })
    expect(parseClientVersion('1.5.2')).toEqual({ kind: 'ok', version: since.v1_5_2 })
    expect(parseClientVersion('v1.7.0-rc1')).toEqual({ kind: 'ok', version: since.v1_7 })
  })

  it('refuses what is older than 1.4.0, its release candidates included', () => {
    expect(parseClientVersion('v1.3.2')).toEqual({ kind: 'outdated', text: '1.3.2' })
    expect(parseClientVersion('v1.4.0-rc1')).toEqual({ kind: 'outdated', text: '1.4.0-rc1' })
  })

  it('cannot read what is no version', () => {
    for (const header of ['banana', 'v1.4', '1.4.0.0', 'v1.4.0 ']) {
      expect(parseClientVersion(header)).toEqual({ kind: 'unreadable' })
    }
  })
})
