import { expect, it } from 'vitest'
import type { NetworkConfig } from '#models/task.ts'
import type { BidContext } from './bid-rule.ts'
import { networkRule } from './network.ts'

const verdict = (Network: NetworkConfig, isNetworkRefused = false) =>
  networkRule({ task: { Network }, settings: { isNetworkRefused } } as BidContext)
const isYes = async (...asked: Parameters<typeof verdict>) => (await verdict(...asked)).isYes

it('networks are for nodes that allow them; what has none, or what the node gives, runs everywhere', async () => {
  const all: NetworkConfig['Type'][] = ['None', 'Default', 'Full', 'Host', 'Bridge', 'HTTP']
  const refused = await Promise.all(all.map((Type) => isYes({ Type, Domains: ['a.b'] }, true)))
  expect(refused).toEqual([true, true, false, false, false, false])
  expect(await Promise.all(all.map((Type) => isYes({ Type, Domains: ['a.b'] })))).toEqual(all.map(() => true))
})

it('an HTTP network names what it reaches [R152]', async () => {
  for (const network of [{ Type: 'HTTP' }, { Type: 'HTTP', Domains: [] }] satisfies NetworkConfig[]) {
    expect(await verdict(network)).toMatchObject({
      isYes: false,
      reason: 'invalid networking configuration, at least one domain is required when HTTP networking is enabled',
    })
  }
})
