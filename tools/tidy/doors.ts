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
    allowed: ['platform/', 'providers/wasm/child/real-world.ts', 'providers/wasm/child/watchman.ts'],
  },
  {
    what: 'real chance',
    code: /\bMath\.random\b|\brandom(?:UUID|Bytes|Int|FillSync)\(|\bgetRandomValues\(/,
    allowed: ['platform/', 'providers/wasm/child/real-world.ts'],
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
  lib: ['re2js', 'yaml'],
  models: ['zod'],
  api: ['zod'],
  config: ['yaml', 'zod'],
  state: ['kysely', 'lru-cache'],
  compute: ['lru-cache', 'picomatch'],
  client: ['ws'],
  server: ['fastify', 'ws'],
  providers: ['modern-tar'],
  'providers/docker': ['lru-cache'],
  'providers/local': ['modern-tar', 'tar-stream', 'picomatch'],
  'providers/inline': ['modern-tar', 'tar-stream'],
  'providers/url': ['undici'],
  nats: ['@nats-io/transport-node', '@nats-io/nats-core'],
  platform: ['kysely', 'undici', 'pino', 'modern-tar', 'tar-stream', 'picomatch'],
  node: ['pino'],
  cli: ['modern-tar', 'string-width', 'yaml'],
}

/** Packages that a layer imports without being allowed to. */
export function strangers(files: SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    importsOf(text)
      .filter((id) => !/^(?:node:|#|\.)/.test(id))
      .map((id) => /^(?:@[^/]+\/)?[^/]+/.exec(id)![0])
      .filter((name) => !packages[layerOf(path)]?.includes(name))
      .map((name) => `${path} imports ${name}, which ${layerOf(path)} may not (tools/tidy/doors.ts)`),
  )
}
