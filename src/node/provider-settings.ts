import { join, resolve } from 'node:path'
import type { DataFolder } from '#config/data-folder.ts'
import type { Settings } from '#config/tree.ts'
import { parseResources } from '#lib/resources.ts'
import { defaultDockerSettings } from '#providers/docker/settings.ts'
import type { ProviderSettings } from '#providers/index.ts'
import { defaultInlineSettings } from '#providers/inline/settings.ts'
import { defaultWasmSettings, type WasmIsolation } from '#providers/wasm/settings.ts'
import { milliseconds } from './part-settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type ProviderSources = { settings: Settings; folder: DataFolder; environment: Environment }

/** Settings and the Docker client's own variables, as each technology takes them. */
export const providerSettings = ({ settings, folder, environment }: ProviderSources): ProviderSettings => {
  const { Compute, Engines, InputSources, Publishers, JobAdmissionControl } = settings
  const { ManifestCache } = Engines.Types.Docker
  return {
    docker: {
      ...defaultDockerSettings,
      host: environment['DOCKER_HOST'] ?? '',
      certPath: environment['DOCKER_CERT_PATH'] ?? '',
      isTlsVerified: environment['DOCKER_TLS_VERIFY'] !== '0',
      credentials: hubCredentials(environment),
      loginsFile: loginsFile(environment),
      isPullSkipped: environment['SKIP_IMAGE_PULL'] !== undefined,
      isStackKept: environment['KEEP_STACK'] !== undefined,
      isDefaultNetworked: !JobAdmissionControl.RejectNetworkedJobs,
      pidsLimit: Compute.Docker.PidsLimit,
      logMaxBytes: parseResources({ Disk: Compute.Docker.LogMaxSize }).Disk,
      stopGraceMs: milliseconds(Compute.Docker.StopGrace),
      isRootReadOnly: Compute.Docker.ReadOnlyRoot,
      runtime: Compute.Docker.Runtime,
      capDrop: Compute.Docker.CapDrop,
      isPrivilegeGained: Compute.Docker.NewPrivileges,
      hostNamespaces: Compute.Docker.HostNamespaces,
      manifestCache: { size: ManifestCache.Size, ttlMs: milliseconds(ManifestCache.TTL) },
    },
    wasm: {
      ...defaultWasmSettings,
      isDefaultNetworked: !JobAdmissionControl.RejectNetworkedJobs,
      isolation: Engines.Types.Wasm.Isolation as WasmIsolation,
      warmChildren: Engines.Types.Wasm.WarmProcesses,
      isOptimized: Engines.Types.Wasm.Optimize,
    },
    local: {
      allowedPaths: Compute.AllowListedLocalPaths,
      publisher: {
        address: Publishers.Types.Local.Address,
        port: Publishers.Types.Local.Port,
        directory: Publishers.Types.Local.Directory || folder.resultsFolder,
        retention: {
          ageMs: milliseconds(Publishers.Types.Local.Retention),
          sizeBytes: parseResources({ Disk: Publishers.Types.Local.MaxTotalSize }).Disk,
        },
      },
    },
    link: { directory: folder.offeredFolder, comingDirectory: folder.comingFolder },
    inline: defaultInlineSettings,
    url: {
      readTimeoutMs: milliseconds(InputSources.ReadTimeout),
      retries: InputSources.MaxRetryCount,
      maxBytes: Compute.Fetch.MaxBytes,
    },
    s3: {
      trustedEndpoints: Compute.S3.TrustedEndpoints,
      isAnonymousTaken: Compute.S3.Anonymous,
      retries: InputSources.MaxRetryCount,
    },
    ipfs: ipfsNodes(settings),
    fetch: {
      allowPrivateAddresses: Compute.Fetch.AllowPrivateAddresses,
      allowLoopback: Compute.Fetch.AllowLoopback,
      allowedPorts: Compute.Fetch.AllowedPorts,
    },
    httpProxy: {
      allowPrivateAddresses: Compute.Network.HTTPProxy.AllowPrivateAddresses,
      allowLoopback: Compute.Network.HTTPProxy.AllowPrivateAddresses,
      allowedPorts: Compute.Network.HTTPProxy.AllowedPorts,
    },
  }
}

const ipfsNodes = ({ Compute, InputSources, Publishers }: Settings): ProviderSettings['ipfs'] => {
  const patience = { readTimeoutMs: milliseconds(InputSources.ReadTimeout), retries: InputSources.MaxRetryCount }
  return {
    inputs: {
      ...patience,
      endpoint: InputSources.Types.IPFS.Endpoint,
      setting: 'InputSources.Types.IPFS.Endpoint',
    },
    results: { ...patience, endpoint: Publishers.Types.IPFS.Endpoint, setting: 'Publishers.Types.IPFS.Endpoint' },
    ...(Compute.IPFS.Helia && {
      helia: { modulePath: resolve(Compute.IPFS.Helia), readTimeoutMs: patience.readTimeoutMs },
    }),
  }
}

/** Where Docker's own client keeps logins. */
const loginsFile = ({ DOCKER_CONFIG, HOME }: Environment): string => {
  const folder = DOCKER_CONFIG || (HOME ? join(HOME, '.docker') : '')
  return folder && join(folder, 'config.json')
}

const hubCredentials = (environment: Environment): ProviderSettings['docker']['credentials'] => {
  const { DOCKER_USERNAME: username, DOCKER_PASSWORD: password } = environment
  return username && password ? { 'docker.io': { username, password } } : {}
}
