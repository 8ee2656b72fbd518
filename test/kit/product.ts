import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CliRun, cliCommand, runCli } from '../wire/cli-process.ts'
import { apiFetch } from './api-fetch.ts'
import { BuiltProduct } from './built-product.ts'
import { freePorts } from './free-ports.ts'
import type { Ended, Program } from './program.ts'

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

/** The built product with nodes and users, as a file of journeys needs it: everything goes when it is stopped. */
export class Product {
  readonly #built = new BuiltProduct()
  readonly #servers: Server[] = []
  readonly folder = this.#built.folder

  static async start(): Promise<Product> {
    if (cliCommand.length > 1) throw new Error('dist/bacalhau is older than the sources: npm run build')
    return new Product()
  }

  /** `serve` of the built program, once it says that it is ready. */
  async serve(options: ServeOptions = {}): Promise<Server> {
    const server = new Server(this.#built, options)
    this.#servers.push(server)
    await server.start()
    return server
  }

  /** A command of the built program that ends by itself. */
  run(args: readonly string[]): Promise<Ended> {
    return this.#built.run(args)
  }

  /** Writes a file of the test; its path. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, content)
    return path
  }

  /** A command of the user that goes on, and talks to this port. */
  begin(args: readonly string[], port: number): Program {
    return this.#built.start(args, { BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: String(port) })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
    await this.#built.close()
  }
}

/** A `serve` process, and the command line and HTTP as its users have them. */
export class Server {
  readonly #built: BuiltProduct
  readonly #options: ServeOptions
  readonly dataFolder: string
  #program: Program | undefined
  port = 0
  linkPort = 0

  constructor(built: BuiltProduct, options: ServeOptions) {
    this.#built = built
    this.#options = options
    this.dataFolder = join(built.folder, options.name ?? 'node')
  }

  /** The same folder and ports as before, when it ran before. */
  async start(): Promise<void> {
    const { roles = ['orchestrator', 'compute'], args = [], settings = {}, env = {} } = this.#options
    if (this.port === 0) [this.port = 0, this.linkPort = 0] = await freePorts(2)
    const fixed = {
      'API.Port': String(this.port),
      'Orchestrator.Port': String(this.linkPort),
      'Publishers.Types.Local.Port': '0',
      'Publishers.Types.Local.Address': '127.0.0.1',
      'Compute.AllowListedLocalPaths': allowedFixtures,
    }
    const pairs = Object.entries({ ...fixed, ...settings }).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    const words = ['serve', ...roles.map((role) => `--${role}`), ...pairs, ...args]
    this.#program = this.#built.start(words, { BACALHAU_DIR: this.dataFolder, ...env })
    const [banner] = await this.#program.says(/ is ready at[\s\S]*stop: .*/)
    this.port = Number(/ is ready at https?:\/\/[^:]+:(\d+)/.exec(banner)?.[1])
    this.linkPort = Number(/nats:\/\/[^:]+:(\d+)/.exec(banner)?.[1] ?? 0)
  }

  /** Everything it has said. */
  get said(): string {
    return this.#program?.said ?? ''
  }

  get exitCode(): number | null {
    return this.#program?.child.exitCode ?? null
  }

  get pid(): number {
    return this.#program?.child.pid ?? 0
  }

  /** Ends it and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#program?.end(signal)
  }

  /** A command of the user that talks to this server. */
  run(
    args: readonly string[],
    { stdin = '', env = {}, cwd = this.#built.folder, timeoutMs = commandLimitMs }: RunOptions = {},
  ): Promise<CliRun> {
    const target = { BACALHAU_API_HOST: '127.0.0.1', BACALHAU_API_PORT: String(this.port) }
    return runCli({
      args,
      cwd,
      stdin,
      timeoutMs,
      env: { ...this.#built.env, ...target, ...env } as Record<string, string>,
    })
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

  /** The results of a job, as the user gets them: a new folder with them in it. */
  async got(id: string, args: readonly string[] = [], options: RunOptions = {}): Promise<string> {
    const folder = await mkdtemp(join(this.#built.folder, 'got-'))
    await this.ok(['job', 'get', id, '--output-dir', folder, ...args], options)
    return folder
  }

  /** One request below /api/v1; JSON is read when it is JSON. */
  async http<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await apiFetch(`http://127.0.0.1:${this.port}/api/v1${path}`, {
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

const fixtures = join(import.meta.dirname, '../fixtures/wasm')

/** A file or folder of the node as an input. */
export const localInput = (SourcePath: string, Target: string, more: object = {}) => ({
  Source: { Type: 'localDirectory', Params: { SourcePath, ...more } },
  Target,
})

/** A module of test/fixtures/wasm as an input: nodes of the tests allow that folder. */
export const moduleSource = (name: string) => localInput(join(fixtures, name), `/${name}`)

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
