import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { absent, describeVectors, goldensDir } from '../../test/kit/vectors.ts'
import { findKey, isOldKey } from './flatten.ts'
import { listSettings } from './listing.ts'
import { load } from './load.ts'
import { envNameOf, keys } from './tree.ts'

/** Every key of 1.9.3 is one of ours, under the same variable. */
describeVectors(
  'config-keys.v1.9.3.json',
  (key: string) => {
    const found = findKey(key, 'node')
    if (!found || isOldKey(found)) throw new Error(`no key ${key}`)
    return envNameOf(found.path)
  },
  { isSame: (ours, theirs) => ours === (theirs as { env: string }).env },
)

const oldList = join(goldensDir(), 'cli/v1.4.0/config/list-json.json')
if (!existsSync(oldList)) absent('cli/v1.4.0/config/list-json.json')
else {
  describe('keys of 1.4.0', () => {
    it('are all accepted, some without effect [X13]', () => {
      const rows = JSON.parse(JSON.parse(readFileSync(oldList, 'utf8')).stdout) as { Key: string }[]
      const strange = rows.map((row) => row.Key).filter((key) => !findKey(key, 'node'))
      expect(rows.length).toBeGreaterThan(120)
      expect(strange).toEqual([])
    })

    it('are listed, no more and no fewer, behind those of today', () => {
      const rows = JSON.parse(JSON.parse(readFileSync(oldList, 'utf8')).stdout) as { Key: string }[]
      const loaded = load({ side: 'client', home: '/home/ann' })
      const listed = listSettings(loaded, loaded).map(({ key }) => key)
      expect(listed.slice(keys.length)).toEqual(rows.map(({ Key }) => Key).sort())
      expect(listed.slice(0, keys.length)).toEqual(keys.map(({ path }) => path).sort())
    })
  })
}
