import type { Subscription } from '#contracts/bus.ts'
import type { FileCache } from '#contracts/file-cache.ts'
import type { OpenGate } from '#contracts/http-gate.ts'
import type { Provider } from '#contracts/provider.ts'
import type { OfferResult, UploadAddress } from '#contracts/publisher.ts'
import type { ReadUpload } from '#contracts/upload-store.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { dockerProvider } from '#providers/docker/provider.ts'
import type { DockerSettings } from '#providers/docker/settings.ts'
import { Gate } from '#providers/gate/gate.ts'
import { inlineProvider } from '#providers/inline/provider.ts'
import type { InlineSettings } from '#providers/inline/settings.ts'
import { type IpfsNodes, ipfsProvider } from '#providers/ipfs/provider.ts'
import { linkProvider } from '#providers/link/provider.ts'
import type { LinkSettings } from '#providers/link/settings.ts'
import { localProvider } from '#providers/local/provider.ts'
import type { LocalSettings } from '#providers/local/settings.ts'
import { noopProvider } from '#providers/noop/provider.ts'
import type { NoopSettings } from '#providers/noop/settings.ts'
import { s3Provider } from '#providers/s3/provider.ts'
import { defaultS3Settings, type S3Settings } from '#providers/s3/settings.ts'
import { urlProvider } from '#providers/url/provider.ts'
import { proxiesOf } from '#providers/url/proxies.ts'
import { defaultUrlSettings, type UrlSettings } from '#providers/url/settings.ts'
import { wasmProvider } from '#providers/wasm/provider.ts'
import type { WasmSettings } from '#providers/wasm/settings.ts'
import { addressGuard, defaultFetchGuard, defaultProxyGuard, type FetchGuardSettings } from './address-guard.ts'
import { resultLimits } from './bring-archive.ts'
import { checkedAddresses } from './checked-addresses.ts'
import { packFolder } from './pack-folder.ts'
import { readPart } from './read-part.ts'
import { unpackTar, unpackTarGz } from './unpack-tar.ts'
import { writeArchive } from './write-archive.ts'

export type ProviderSettings = {
  docker: DockerSettings
  wasm: WasmSettings
  local: LocalSettings
  inline: InlineSettings
  /** Absent = its defaults. */
  url?: UrlSettings
  /** Absent = its defaults. */
  s3?: S3Settings
  /** Absent = inputs and results of IPFS are not offered. */
  ipfs?: IpfsNodes
  /** What jobs may make this node fetch from; absent = everything but metadata and its own servers. */
  fetch?: FetchGuardSettings
  /** What jobs reach over a network with HTTP only, beyond what they name themselves; absent = the public web. */
  httpProxy?: FetchGuardSettings
  /** Absent = results do not travel over the node's connection. */
  link?: LinkSettings
  /** Absent = its publisher only. */
  noop?: NoopSettings
}

export type ProviderDeps = {
  /** Of this process. */
  environment: Readonly<Record<string, string | undefined>>
  clock: Clock
  random: Random
  log: EventLog
  /** Whose the things on an engine are: different for every node that uses it. */
  owner: string
  /** How to start a WASM runner child. */
  wasmCommand: readonly string[]
  /** How to start the process that opens a port in the network of a container. */
  listenCommand: readonly string[]
  /** Has the orchestrator take a result. */
  offer?: OfferResult
  /** Has the orchestrator sign where a result goes in the store that its operator keeps. */
  uploadAddress?: UploadAddress
  /** Asks the orchestrator for a piece of what was sent with a job. */
  readUpload?: ReadUpload
  /** Told when the orchestrator can be reached again; absent = it is in this process. */
  onReachable?: (handler: () => void) => Subscription
  /** Where inputs stay for later; absent = nowhere. */
  cache?: FileCache
  /** Ports of the node's own servers (API, broker): never fetched from. The publisher's own is added. */
  ownPorts?: () => readonly number[]
}

/** Every technology of a compute node: one line each. */
export function nodeProviders(settings: ProviderSettings, deps: ProviderDeps): Provider[] {
  const url = settings.url ?? defaultUrlSettings
  const local = localProvider(settings.local, { ...deps, write: writeArchive, read: readPart })
  const ownPorts = () => [...(deps.ownPorts?.() ?? []), local.publisher.port]
  const fetchGuard = addressGuard(settings.fetch ?? defaultFetchGuard, ownPorts)
  const addressesOf = checkedAddresses(fetchGuard, 'Compute.Fetch')
  const proxyFor = proxiesOf(deps.environment)
  const proxyGuard = addressGuard(settings.httpProxy ?? defaultProxyGuard, ownPorts)
  const proxyAddressesOf = checkedAddresses(proxyGuard, 'Compute.Network.HTTPProxy')
  // Without a list of its own a program gets what its node would fetch for it.
  const openGate: OpenGate = (order) =>
    new Gate(order, { addressesOf: order.domains === 'all' ? addressesOf : proxyAddressesOf, clock: deps.clock })
  return [
    dockerProvider(settings.docker, { ...deps, http: { openGate, listenCommand: deps.listenCommand } }),
    wasmProvider(settings.wasm, { clock: deps.clock, command: deps.wasmCommand, openGate, log: deps.log }),
    local,
    inlineProvider(settings.inline, { unpack: unpackTarGz }),
    urlProvider(url, { ...deps, addressesOf, proxyFor }),
    s3Provider(settings.s3 ?? defaultS3Settings, {
      ...deps,
      pack: packFolder,
      write: writeArchive,
      connect: async () => {
        const { GuardedWeb } = await import('#providers/url/connector.ts')
        return new GuardedWeb({ addressesOf, proxyFor, readTimeoutMs: url.readTimeoutMs })
      },
    }),
    ...(settings.ipfs ? [ipfsProvider(settings.ipfs, deps)] : []),
    ...(settings.link && deps.offer && deps.readUpload
      ? [
          linkProvider(settings.link, {
            ...deps,
            write: writeArchive,
            read: readPart,
            unpack: unpackTar,
            unpackResult: (source, directory, signal) => unpackTarGz(source, directory, resultLimits, signal),
            offer: deps.offer,
            readUpload: deps.readUpload,
          }),
        ]
      : []),
    noopProvider(settings.noop ?? { isWhole: false }),
  ]
}
