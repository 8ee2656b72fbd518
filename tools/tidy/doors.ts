import { codeLines, importsOf, layerOf, type SourceFile } from './source-files.ts'

/** A thing that only some layers may touch, so that everything else can be simulated. */
type Door = { what: string; code?: RegExp; imports?: RegExp; allowed: readonly string[] }

/**
 * Paths are prefixes under src/. Who is not named gets the thing through its constructor.
 */
const doors: Door[] = [
  {
    what: 'the real clock and timers',
    code: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b|\bset(?:Timeout|Interval|Immediate)\(/,
    imports: /^node:(?:timers|perf_hooks)/,
    allowed: [
      'platform/',
      'client/surroundings.ts',
      'server/broken-request.ts',
      'providers/wasm/child/real-world.ts',
      'providers/wasm/child/watchman.ts',
    ],
  },
  {
    what: 'real chance',
    code: /\bMath\.random\b|\brandom(?:UUID|Bytes|Int|FillSync)\(|\bgetRandomValues\(/,
    allowed: ['platform/', 'client/surroundings.ts', 'providers/wasm/child/real-world.ts'],
  },
  { what: 'the environment', code: /\bprocess\.env\b/, allowed: ['cli/main.ts'] },
  {
    what: 'the disk, sockets and processes',
    imports: /^node:(?:fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|sqlite)(?:\/|$)/,
    allowed: ['platform/', 'providers/', 'nats/', 'server/'],
  },
  {
    what: 'standard output',
    code: /\bconsole\.|\bprocess\.std(?:out|err)\b/,
    allowed: ['cli/', 'providers/wasm/child'],
  },
]

/** `path:line touches …` for each use of a door by who is not allowed to. */
export function trespasses(files: SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const inside = path.slice('src/'.length)
    const closed = doors.filter(({ allowed }) => !allowed.some((prefix) => inside.startsWith(prefix)))
    return closed.flatMap((door) => [
      ...codeLines(text).flatMap((line, i) => (door.code?.test(line) ? [`${path}:${i + 1} touches ${door.what}`] : [])),
      ...importsOf(text).flatMap((id) => (door.imports?.test(id) ? [`${path} touches ${door.what}: ${id}`] : [])),
    ])
  })
}

/** The third-party packages of each layer; a layer that is not named uses none. */
const packages: Record<string, readonly string[]> = {
  lib: ['picomatch', 're2js'],
  state: ['kysely', 'lru-cache'],
  server: ['bcryptjs', 'fastify', 'lru-cache', 'ws'],
  providers: ['modern-tar'],
  'providers/docker': ['lru-cache', 'modern-tar'],
  'providers/link': ['lru-cache'],
  'providers/ipfs': ['@ipld/dag-pb', 'ipfs-unixfs', 'ipfs-unixfs-importer', 'multiformats', 'undici'],
  'providers/s3': [
    '@aws-sdk/client-s3',
    '@aws-sdk/credential-provider-node',
    '@aws-sdk/lib-storage',
    '@aws-sdk/s3-request-presigner',
    'lru-cache',
    'undici',
  ],
  'providers/url': ['lru-cache', 'undici'],
  'providers/wasm': ['lru-cache'],
  nats: ['@nats-io/transport-node'],
  platform: ['undici'],
  orchestrator: ['diff'],
  node: ['pino'],
  cli: ['bcryptjs', 'modern-tar'],
}

const packagesOf = ({ text }: SourceFile): string[] =>
  importsOf(text)
    .filter((id) => !/^(?:node:|#|\.)/.test(id))
    .map((id) => /^(?:@[^/]+\/)?[^/]+/.exec(id)![0])

/** Packages that a layer imports without being allowed to, and those it is allowed and does not use. */
export function strangers(files: SourceFile[]): string[] {
  const used = files.flatMap((file) => packagesOf(file).map((name) => ({ ...file, name, layer: layerOf(file.path) })))
  const unknown = used.filter(({ layer, name }) => !packages[layer]?.includes(name))
  const allowed = Object.entries(packages).flatMap(([layer, names]) => names.map((name) => ({ layer, name })))
  const unused = allowed.filter((each) => !used.some(({ layer, name }) => layer === each.layer && name === each.name))
  return [
    ...unknown.map(({ path, layer, name }) => `${path} imports ${name}, which ${layer} may not (tools/tidy/doors.ts)`),
    ...unused.map(({ layer, name }) => `${layer} does not use ${name} (tools/tidy/doors.ts)`),
  ]
}
