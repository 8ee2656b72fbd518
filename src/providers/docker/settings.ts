/** What an operator may say about the Docker engine; only the command line reads the environment it comes from. */
export type DockerSettings = {
  /** Where the engine listens, as DOCKER_HOST writes it (`unix:///…`, `tcp://…`); empty = the usual socket. */
  host: string
  /** Folder with `ca.pem`, `cert.pem` and `key.pem` for an engine behind TLS (DOCKER_CERT_PATH); empty = none. */
  certPath: string
  /** Whether the engine's certificate must be valid (DOCKER_TLS_VERIFY). */
  isTlsVerified: boolean
  /** Credentials by the registry they belong to (`docker.io`, `registry.example.com:5000`); never sent to another (X9). */
  credentials: Readonly<Record<string, { username: string; password: string }>>
  /** Where `docker login` keeps others, by registry too; empty = nowhere. A missing file has none. */
  loginsFile: string
  /** Use local images only (SKIP_IMAGE_PULL). */
  isPullSkipped: boolean
  /** Leave containers behind to be looked at (KEEP_STACK). */
  isStackKept: boolean
  /** What the network type `Default` means here: a bridge, or no network. */
  isDefaultNetworked: boolean
  /** Most processes and threads of one container. */
  pidsLimit: number
  /** The engine's own copy of a container's output, per file; two files are kept. It is read after our restart only. */
  logMaxBytes: number
  /** Between the stop signal and the kill, where the job says none. */
  stopGraceMs: number
  /** Capabilities that are taken away. An image that changes owners or users needs some: then name those that it must not have. */
  capDrop: readonly string[]
  /** Whether setuid files of an image have their effect. */
  isPrivilegeGained: boolean
  /** Namespaces of the machine that containers are in: `pid`, `ipc`, `uts`. */
  hostNamespaces: readonly string[]
  /** Containers write only to `/tmp`, which is in memory, and to their results. */
  isRootReadOnly: boolean
  /** Another OCI runtime (`runsc`); empty = the engine's default. */
  runtime: string
  /** Platforms of remote images are remembered. */
  manifestCache: { size: number; ttlMs: number }
}

export const defaultDockerSettings: DockerSettings = {
  host: '',
  certPath: '',
  isTlsVerified: true,
  credentials: {},
  loginsFile: '',
  isPullSkipped: false,
  isStackKept: false,
  isDefaultNetworked: false,
  pidsLimit: 4096,
  logMaxBytes: 100 * 1024 * 1024,
  stopGraceMs: 10_000,
  capDrop: ['ALL'],
  isPrivilegeGained: false,
  hostNamespaces: [],
  isRootReadOnly: false,
  runtime: '',
  manifestCache: { size: 1000, ttlMs: 3_600_000 },
}
