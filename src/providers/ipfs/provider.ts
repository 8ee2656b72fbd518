import type { FileCache } from '#contracts/file-cache.ts'
import type { Provider } from '#contracts/provider.ts'
import type { Clock } from '#lib/clock.ts'
import { Helia, type HeliaSettings } from './helia.ts'
import { Kubo } from './kubo.ts'
import { IpfsPublisher } from './publisher.ts'
import type { IpfsSettings } from './settings.ts'
import { IpfsStorage } from './storage.ts'

/** Inputs and results may be at different nodes of IPFS. */
export type IpfsNodes = {
  inputs: IpfsSettings
  results: IpfsSettings
  /** Takes the place of those without an endpoint; absent = nothing does. */
  helia?: HeliaSettings
}

export type IpfsDeps = { clock: Clock; cache?: FileCache }

/** Inputs from IPFS and results to it. */
export function ipfsProvider({ inputs, results, helia }: IpfsNodes, { clock, cache }: IpfsDeps): Provider {
  const own = helia && new Helia(helia)
  const nodeOf = (settings: IpfsSettings) => (own && settings.endpoint === '' ? own : new Kubo(settings, clock))
  const [source, target] = [nodeOf(inputs), nodeOf(results)]
  return {
    storages: [new IpfsStorage(source, cache)],
    publishers: [new IpfsPublisher(target)],
    parts: [...new Set([source, target])],
  }
}
