import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endsWithUs } from './engine-process.ts'
import { freePorts } from './free-ports.ts'
import { Program } from './program.ts'
import { until } from './until.ts'

/** A store that speaks the protocol of S3. */
export type S3Store = { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string }

/** Where suites find the store of the run, as JSON. */
export const storeVariable = 'BACALHAU_TEST_S3'

const kinds = ['account', 'container', 'object'] as const
const programs = [
  'swift-ring-builder',
  'swift-proxy-server',
  ...kinds.map((kind) => `swift-${kind}-server`),
  'memcached',
]
const user = 'test:tester'
const key = 'testing'
const middlewares =
  'catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth bulk slo dlo versioned_writes symlink copy'

/** Whether it is installed and we are root, which its servers want to be. */
export const canStartSwift = (): boolean =>
  process.getuid?.() === 0 && programs.every((name) => existsSync(`/usr/bin/${name}`))

/** OpenStack Swift with its S3 interface, as Debian has it: it checks signatures and keeps versions. One machine, one disk. */
export class SwiftStore {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bacalhau-swift-'))
  readonly #running: Program[] = []
  store: S3Store = { endpoint: '', region: 'us-east-1', accessKeyId: user, secretAccessKey: key }

  async start(): Promise<void> {
    const [cachePort = 0, proxyPort = 0, ...ports] = await freePorts(2 + kinds.length)
    mkdirSync(join(this.#folder, 'disks/d1'), { recursive: true })
    this.#run('memcached', ['-u', 'root', '-l', '127.0.0.1', '-p', String(cachePort), '-m', '16'])
    for (const [i, kind] of kinds.entries()) this.#server(kind, ports[i] ?? 0)
    for (const port of [cachePort, ...ports]) await until(`port ${port} is open`, () => isOpen(port), 60_000)
    this.#proxy(proxyPort, cachePort)
    const endpoint = `http://127.0.0.1:${proxyPort}`
    await until('the store takes an object', () => takesObject(endpoint).catch(() => false), 60_000)
    this.store = { ...this.store, endpoint }
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map((program) => program.end('SIGKILL')))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #server(kind: (typeof kinds)[number], port: number): void {
    const ring = (...args: string[]) =>
      execFileSync('/usr/bin/swift-ring-builder', [`${kind}.builder`, ...args], { cwd: this.#folder, stdio: 'ignore' })
    ring('create', '1', '1', '0')
    ring('add', `r1z1-127.0.0.1:${port}/d1`, '1')
    ring('rebalance')
    const config = [
      ...this.#defaults(port),
      `devices = ${join(this.#folder, 'disks')}`,
      'mount_check = false',
      '[pipeline:main]',
      `pipeline = ${kind}-server`,
      `[app:${kind}-server]`,
      `use = egg:swift#${kind}`,
    ]
    this.#swift(kind, config)
  }

  #proxy(port: number, cachePort: number): void {
    const settings: Record<string, string[]> = {
      cache: ['use = egg:swift#memcache', `memcache_servers = 127.0.0.1:${cachePort}`],
      tempauth: ['use = egg:swift#tempauth', `user_${user.replace(':', '_')} = ${key} .admin`],
      versioned_writes: ['use = egg:swift#versioned_writes', 'allow_object_versioning = true'],
    }
    const config = [
      ...this.#defaults(port),
      '[pipeline:main]',
      `pipeline = ${middlewares} proxy-server`,
      '[app:proxy-server]',
      'use = egg:swift#proxy',
      'account_autocreate = true',
      // A server that was not there yet is asked again at once, not a minute later.
      'error_suppression_limit = 1000000',
      ...middlewares
        .split(' ')
        .flatMap((name) => [`[filter:${name}]`, ...(settings[name] ?? [`use = egg:swift#${name}`])]),
    ]
    this.#swift('proxy', config)
  }

  #defaults = (port: number): string[] => [
    '[DEFAULT]',
    'bind_ip = 127.0.0.1',
    `bind_port = ${port}`,
    'user = root',
    `swift_dir = ${this.#folder}`,
    'workers = 0',
    'log_level = ERROR',
  ]

  #swift(name: string, config: string[]): void {
    const file = join(this.#folder, `${name}.conf`)
    writeFileSync(file, `${config.join('\n')}\n`)
    this.#run(`swift-${name}-server`, [file])
  }

  #run(name: string, args: string[]): void {
    const script = `exec ${endsWithUs()} "$@"`
    this.#running.push(new Program('/bin/sh', ['-c', script, 'sh', `/usr/bin/${name}`, ...args]))
  }
}

/** Whether somebody listens there. */
const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

/** The proxy answers before the servers behind it do. */
async function takesObject(endpoint: string): Promise<boolean> {
  const { headers } = await fetch(`${endpoint}/auth/v1.0`, { headers: { 'X-Auth-User': user, 'X-Auth-Key': key } })
  const put = (path: string) => {
    const url = `${headers.get('x-storage-url')}/${path}`
    return fetch(url, { method: 'PUT', headers: { 'X-Auth-Token': headers.get('x-auth-token') ?? '' } })
  }
  return (await put('ready')).ok && (await put('ready/now')).ok
}
