import type { FileCache } from '#contracts/file-cache.ts'
import type { Provider } from '#contracts/provider.ts'
import type { Clock } from '#lib/clock.ts'
import { Kubo } from './kubo.ts'
import { IpfsPublisher } from './publisher.ts'
import type { IpfsSettings } from './settings.ts'
import { IpfsStorage } from './storage.ts'

/** Inputs and results may be at different nodes of IPFS. */
export type IpfsNodes = { inputs: IpfsSettings; results: IpfsSettings }

export type IpfsDeps = { clock: Clock; cache?: FileCache }

/** Inputs from IPFS and results to it. */
export function ipfsProvider({ inputs, results }: IpfsNodes, { clock, cache }: IpfsDeps): Provider {
  const [source, target] = [new Kubo(inputs, clock), new Kubo(results, clock)]
  return {
    storages: [new IpfsStorage(source, cache)],
    publishers: [new IpfsPublisher(target)],
    parts: [source, target],
  }
}
