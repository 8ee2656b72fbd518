import type { Downloader } from '#contracts/downloader.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { IpfsDownloader } from '#providers/ipfs/downloader.ts'
import { Kubo } from '#providers/ipfs/kubo.ts'
import type { IpfsSettings } from '#providers/ipfs/settings.ts'
import { S3Clients } from '#providers/s3/clients.ts'
import { S3Downloader } from '#providers/s3/downloader.ts'
import { defaultS3Settings, type S3Settings } from '#providers/s3/settings.ts'
import { UrlDownloader } from '#providers/url/downloader.ts'
import { proxiesOf } from '#providers/url/proxies.ts'
import type { UrlSettings } from '#providers/url/settings.ts'
import { bringArchive, resultLimits } from './bring-archive.ts'
import { unpackTarGz } from './unpack-tar.ts'

/** Silence ends soon: a node that cannot be reached from here is read through the orchestrator instead. */
const resultSettings: UrlSettings = { readTimeoutMs: 10_000, retries: 1, maxBytes: 0 }

/** Who fetches a result has named its place, or its job has; what is fetched is a user's, not a node's. */
const usersOwnS3: S3Settings = { ...defaultS3Settings, trustedEndpoints: 'all' }

/** A node of IPFS looks for what it does not have at many others. */
const usersOwnIpfs: Omit<IpfsSettings, 'endpoint'> = {
  setting: 'ResultDownloaders.Types.IPFS.Endpoint',
  readTimeoutMs: 60_000,
  retries: 3,
}

/** What the command line fetches results with: one line for each technology that results are published by. */
export const resultDownloaders = (deps: {
  clock: Clock
  random: Random
  environment: Readonly<Record<string, string | undefined>>
  /** Multiaddr of the user's node of IPFS; empty = there is none. */
  ipfsEndpoint: string
}): Downloader[] => {
  const byUrl = new UrlDownloader(resultSettings, {
    ...deps,
    bring: bringArchive,
    proxyFor: proxiesOf(deps.environment),
  })
  const clients = new S3Clients(usersOwnS3, deps)
  const byS3 = new S3Downloader({ clients, byUrl, clock: deps.clock, unpack: unpackTarGz, limits: resultLimits })
  if (deps.ipfsEndpoint === '') return [byUrl, byS3]
  const kubo = new Kubo({ ...usersOwnIpfs, endpoint: deps.ipfsEndpoint }, deps.clock)
  return [byUrl, byS3, new IpfsDownloader(kubo, resultLimits)]
}
