import { type SpawnOptions, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '#lib/fault.ts'
import { type Ended, Program } from '../../test/kit/program.ts'
import type { Cluster } from './cluster.ts'
import type { JobOf } from './jobs.ts'

const limitMs = 120_000

/** A file that it reads, and variables that differ from the ordinary ones. */
type CommandOptions = { stdin?: string; env?: Readonly<Record<string, string>> }

/** The real command line as a user of our cluster has it: with a home and a working folder of its own, and no word to anybody else. */
export class RealCli {
  readonly #path: string
  readonly #env: NodeJS.ProcessEnv
  readonly #programs: Program[] = []
  readonly version: string
  readonly cluster: Cluster
  /** Where its commands are run. */
  readonly folder: string

  constructor(path: string, version: string, cluster: Cluster) {
    this.#path = path
    this.version = version
    this.cluster = cluster
    this.folder = join(cluster.folder, `cli-${version}`)
    mkdirSync(this.folder)
    this.#env = quietEnv(this.folder, cluster.port)
  }

  /** 1.4 is the older of the two generations of clients. */
  get isOld(): boolean {
    return this.version.startsWith('v1.4.')
  }

  /** Its first command makes its folder and the second one migrates it, and both say so on standard output. */
  async settle(): Promise<void> {
    for (let times = 0; times < 2; times++) await this.ok(['agent', 'alive'])
  }

  /** Writes a file of the user; its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  /** Makes an empty folder of the user; its path. */
  emptyFolder(name: string): string {
    const path = join(this.folder, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  jobFile(job: JobOf): string {
    return this.file('job.json', JSON.stringify(job(this.isOld)))
  }

  /** Starts a command that goes on. */
  start(args: readonly string[], { stdin = '/dev/null', env = {} }: CommandOptions = {}): Program {
    const input = openSync(stdin, 'r')
    const stdio: SpawnOptions['stdio'] = [input, 'pipe', 'pipe']
    const program = new Program(this.#path, args, { cwd: this.folder, env: { ...this.#env, ...env }, stdio })
    closeSync(input)
    this.#programs.push(program)
    return program
  }

  async run(args: readonly string[], options?: CommandOptions): Promise<Ended> {
    const program = this.start(args, options)
    const timer = setTimeout(() => program.child.kill('SIGKILL'), limitMs)
    const ended = await program.ended.finally(() => clearTimeout(timer))
    if (ended.signal === 'SIGKILL') throw new Error(`\`${args.join(' ')}\` does not end: ${program.said}`)
    return ended
  }

  /** What it prints, when it must end well. */
  async ok(args: readonly string[], options?: CommandOptions): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options)
    if (code !== 0) throw new Error(`\`${args.join(' ')}\` ends with ${code}: ${stderr}${stdout}`)
    return stdout
  }

  /** What it says when it must not end well. */
  async refused(args: readonly string[], options?: CommandOptions): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options)
    if (code === 0) throw new Error(`\`${args.join(' ')}\` ends well: ${stdout}${stderr}`)
    return stdout + stderr
  }

  async json<T>(args: readonly string[]): Promise<T> {
    const printed = await this.ok([...args, '--output', 'json'])
    try {
      return JSON.parse(printed) as T
    } catch {
      throw new Error(`\`${args.join(' ')} --output json\` prints no JSON: ${printed}`)
    }
  }

  /** Submits a job without waiting for it; its id. */
  async submit(job: JobOf): Promise<string> {
    return (await this.ok(['job', 'run', '--wait=false', '--id-only', this.jobFile(job)])).trim()
  }

  /** Submits a job and waits for its end; its id. */
  async finish(job: JobOf): Promise<string> {
    return (await this.ok(['job', 'run', '--id-only', this.jobFile(job)])).trim()
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end('SIGKILL')))
  }
}

const versionPattern = /v\d+\.\d+\.\d+[\w.-]*/

/** The version that an executable says it has. */
export function versionOf(path: string): string {
  const home = mkdtempSync(join(tmpdir(), 'bacalhau-judge-'))
  const env = quietEnv(home, 1)
  const { stdout, stderr, error } = spawnSync(path, ['version', '--client'], { env, encoding: 'utf8' })
  rmSync(home, { recursive: true })
  const version = versionPattern.exec(stdout ?? '')?.[0]
  if (!version)
    throw new Fault('ValidationError', `${path} does not say its version: ${error?.message ?? stdout + stderr}`)
  return version
}

/** Only what it needs; it looks for no updates and counts nobody. */
export const quietEnv = (home: string, port: number): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: home,
  BACALHAU_DIR: join(home, 'client'),
  BACALHAU_API_HOST: '127.0.0.1',
  BACALHAU_API_PORT: String(port),
  BACALHAU_UPDATE_SKIPCHECKS: 'true',
  BACALHAU_UPDATECONFIG_INTERVAL: '0',
  BACALHAU_DISABLEANALYTICS: 'true',
})
