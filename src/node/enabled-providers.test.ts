import { expect, it } from 'vitest'
import type { Provider } from '#contracts/provider.ts'
import { enabledProviders } from './enabled-providers.ts'

const part = { start: async () => {}, stop: async () => {} }
const publisher = { type: 'local', ...part }
const providers = [
  { engines: [{ type: 'wasm' }], parts: [part] },
  { storages: [{ types: ['localDirectory', 'local'] }], publishers: [publisher], parts: [publisher] },
] as unknown as Provider[]

const left = (Engines: string[], InputSources: string[], Publishers: string[]) => {
  const [wasm, local] = enabledProviders(
    { Engines: { Disabled: Engines }, InputSources: { Disabled: InputSources }, Publishers: { Disabled: Publishers } },
    providers,
  ) as [Provider, Provider]
  const counts = ({ engines, storages, publishers, parts }: Provider) =>
    [engines, storages, publishers, parts].map((each) => each?.length)
  return { wasm: counts(wasm), local: counts(local) }
}

it('what is switched off by any of its types is gone, with the servers and pools that are only its own', () => {
  expect(left([], [], [])).toEqual({ wasm: [1, 0, 0, 1], local: [0, 1, 1, 1] })
  expect(left(['WASM'], [], ['Local'])).toEqual({ wasm: [0, 0, 0, 0], local: [0, 1, 0, 0] })
  expect(left(['docker'], ['local'], [])).toEqual({ wasm: [1, 0, 0, 1], local: [0, 0, 1, 1] })
})
