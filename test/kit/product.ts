import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CliRun, cliCommand, runCli } from '../wire/cli-process.ts'
import { until } from './until.ts'

const commandLimitMs = 60_000

export type ServeOptions = {
  /** `serve` flags after the roles; default: both roles. */
  args?: readonly string[]
  roles?: readonly ('orchestrator' | 'compute')[]
  /** As `-c` takes them. */
  settings?: Readonly<Record<string, string>>
  env?: Readonly<Record<string, string>>
  /** Folder of the node inside the temporary one. */
  name?: string
}
export type RunOptions = { stdin?: string; env?: Readonly<Record<string, string>>; cwd?: string; timeoutMs?: number }
export type Answer<T> = { status: number; headers: Headers; text: string; body: T }

/** A folder of a test file for everything its nodes and commands leave; removed at the end with the nodes that still run. */
export class Product {
  readonly folder: string
  readonly #servers: Server[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async start(): Promise<Product> {
    if (cliCommand.length > 1) throw new Error('dist/bacalhau is older than the sources: npm run build')
    return new Product(await mkdtemp(join(tmpdir(), 'bacalhau-journey-')))
  }

  /** `serve` of the built program, once it says that it is ready. */
  async serve(options: ServeOptions = {}): Promise<Server> {
    const server = new Server(this.folder, options)
    this.#servers.push(server)
    await server.start()
    return server
  }

  /** Writes a file of the test; its path. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, content)
    return path
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** A `serve` process, and the command line and HTTP as its users have them. */
export class Server {
  readonly folder: string
  readonly dataFolder: string
  readonly #options: ServeOptions
  #child: ChildProcess | undefined
  #said = ''
  port = 0
  linkPort = 0

  constructor(folder: string, options: ServeOptions) {
    this.folder = folder
    this.dataFolder = join(folder, options.name ?? 'node')
    this.#options = options
  }

  async start(): Promise<void> {
    const { roles = ['orchestrator', 'compute'], args = [], settings = {}, env = {} } = this.#options
    const fixed = {
      'API.Port': String(this.port),
      'Orchestrator.Port': String(this.linkPort),
      'Publishers.Types.Local.Port': '0',
      'Publishers.Types.Local.Address': '127.0.0.1',
      'Compute.AllowListedLocalPaths': allowedFixtures,
    }
    const pairs = Object.entries({ ...fixed, ...settings }).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    const [program = '', ...words] = [...cliCommand, 'serve', ...roles.map((role) => `--${role}`), ...pairs, ...args]
    this.#said = ''
    const child = spawn(program, words, {
      cwd: this.folder,
      env: { ...userEnvironment(this.folder), BACALHAU_DIR: this.dataFolder, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text))
    await until('the node is ready', () => / is ready at /.test(this.#said) || this.hasEnded, 30_000)
    if (this.hasEnded) throw new Error(`the node did not start: ${this.#said}`)
    this.port = Number(/ is ready at http:\/\/[^:]+:(\d+)/.exec(this.#said)?.[1])
    this.linkPort = Number(/nats:\/\/[^:]+:(\d+)/.exec(this.#said)?.[1] ?? 0)
  }

  get hasEnded(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get exitCode(): number | null {
    return this.#child?.exitCode ?? null
  }

  /** What it wrote to standard error: its log. */
  get said(): string {
    return this.#said
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Ends it and waits until it is gone; the same folder and ports are used by the next `start`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child || this.hasEnded) return
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.kill(signal)
    await gone
  }

  /** A command of the user that talks to this server. */
  run(
    args: readonly string[],
    { stdin = '', env = {}, cwd = this.folder, timeoutMs = commandLimitMs }: RunOptions = {},
  ): Promise<CliRun> {
    const target = { BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: String(this.port) }
    return runCli({ args, cwd, stdin, timeoutMs, env: { ...userEnvironment(this.folder), ...target, ...env } })
  }

  /** The same, when it must end well: what it printed. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { exit, stdout, stderr } = await this.run(args, options)
    if (exit !== 0) throw new Error(`${args.join(' ')} ended with ${exit}: ${stdout}${stderr}`)
    return stdout
  }

  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
    return JSON.parse(await this.ok([...args, '--output', 'json'], options)) as T
  }

  /** A job submitted without waiting; its id. */
  async submit(job: string | object, args: readonly string[] = []): Promise<string> {
    const stdin = typeof job === 'string' ? job : JSON.stringify(job)
    return (await this.ok(['job', 'run', '--wait=false', '--id-only', ...args], { stdin })).trim()
  }

  /** One request below /api/v1; JSON is read when it is JSON. */
  async http<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(commandLimitMs),
    })
    const text = await response.text()
    const isJson = /^\s*[[{]/.test(text)
    return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : {}) as T }
  }
}

/** Nothing of the machine that runs the tests but its programs. */
const userEnvironment = (folder: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  ...(process.env['DOCKER_HOST'] ? { DOCKER_HOST: process.env['DOCKER_HOST'] } : {}),
})

const fixtures = join(import.meta.dirname, '../fixtures/wasm')

/** A module of test/fixtures/wasm as an input: nodes of the tests allow that folder. */
export const moduleSource = (name: string) => ({
  Source: { Type: 'localDirectory', Params: { SourcePath: join(fixtures, name) } },
  Target: `/${name}`,
})

export const modulePath = (name: string): string => join(fixtures, name)
export const allowedFixtures = `${fixtures}/**`

/** A job of the test program with these words; `change` says what differs. */
export const toolJob = (words: readonly string[], change: { job?: object; task?: object; params?: object } = {}) => ({
  Type: 'batch',
  Count: 1,
  ...change.job,
  Tasks: [
    {
      Name: 'main',
      ...change.task,
      Engine: {
        Type: 'wasm',
        Params: { EntryModule: moduleSource('tool.wasm'), Entrypoint: '_start', Parameters: words, ...change.params },
      },
    },
  ],
})
