import { webAddressOf } from '#lib/multiaddr.ts'
import { age, amount, boolean, duration, hour, integer, list, minute, port, text, unsigned } from '../leaf.ts'

const disabled = (what: string) => list([], `${what} that are switched off`)
const ipfs = (...env: string[]) => ({
  Endpoint: text('', 'RPC address of the Kubo node of IPFS, for example /ip4/127.0.0.1/tcp/5001', {
    env: ['BACALHAU_IPFS_CONNECT', ...env],
    problem: (value) =>
      value === '' || webAddressOf(value) ? undefined : 'an IPFS node is written as in /ip4/127.0.0.1/tcp/5001',
  }),
})

export const engines = {
  Disabled: disabled('Engines'),
  Types: {
    Docker: {
      ManifestCache: {
        Size: unsigned(1000, 'Images whose description is remembered', {
          problem: (value) => (value <= 1_000_000 ? undefined : 'at most 1000000 images are remembered'),
        }),
        TTL: age('How long it is remembered', hour),
        Refresh: age('How often it is looked up again', hour),
      },
    },
    Wasm: {
      Isolation: text(
        'pooled',
        'Whether a process runs many programs, one after the other, each with fresh state (pooled), or one (process)',
        { choices: ['pooled', 'process'] },
      ),
      WarmProcesses: integer(2, 'Processes that wait ready for programs', {
        problem: (value) => (value >= 0 && value <= 128 ? undefined : 'from 0 to 128 processes can wait'),
      }),
      Optimize: boolean(
        true,
        'Compile for long runs: loops run several times faster, a first run starts a little later',
      ),
    },
  },
}

export const inputSources = {
  Disabled: disabled('Kinds of input'),
  ReadTimeout: duration(5n * minute, 'Time the download of an input may take'),
  MaxRetryCount: integer(3, 'How often a failed download is tried again'),
  Types: { IPFS: ipfs('BACALHAU_INPUTSOURCES_IPFS_ENDPOINT') },
}

export const publishers = {
  Disabled: disabled('Publishers'),
  RetryFor: age(
    'How long a node tries to publish a result that its store, or its own full disk, does not take; then the execution fails',
    hour,
  ),
  Types: {
    IPFS: ipfs('BACALHAU_PUBLISHER_IPFS_ENDPOINT'),
    Local: {
      Address: text('public', 'Address under which results of this node are fetched, or the kind of address to use'),
      Port: port(6001, 'Port under which results of this node are fetched'),
      Directory: text('', 'Folder that keeps results; empty = in the data folder'),
      Retention: age('How long results are kept; 0 = until they are removed'),
      MaxTotalSize: amount('Disk', '0', 'Most disk that results take; beyond it the oldest go. 0 = no limit'),
    },
    S3: {
      PreSignedURLDisabled: boolean(false, 'Never hand out signed addresses of results'),
      PreSignedURLExpiration: duration(30n * minute, 'How long a signed address works'),
    },
    S3Managed: {
      Bucket: text('', 'Bucket of results kept by the orchestrator'),
      Key: text('', 'Key prefix of those results'),
      Region: text('', 'Region of that bucket'),
      Endpoint: text('', 'Endpoint of that bucket'),
      PreSignedURLExpiration: duration(hour, 'How long a signed address works'),
    },
  },
}

export const resultDownloaders = {
  Disabled: disabled('Downloaders'),
  Timeout: duration(0n, 'Time a download may take; 0 = what the command says'),
  Types: { IPFS: ipfs() },
}
