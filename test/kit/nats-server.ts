import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-ports.ts'
import { missingPart } from './missing-part.ts'
import { Program } from './program.ts'

const command = ['/usr/sbin', '/usr/bin', '/usr/local/bin'].map((folder) => `${folder}/nats-server`).find(existsSync)

/** Debian's `nats-server` in a process of its own. It keeps its ports when it is ended and started again. */
export class NatsServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bacalhau-nats-'))
  #program: Program | undefined
  port = 0
  /** Where other servers of its cluster find it; 0 = it is in none. */
  clusterPort = 0

  /** `config` in its own words; without any it lets everybody in. */
  static async start(config = ''): Promise<NatsServer> {
    const server = new NatsServer()
    await server.start(config)
    return server
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  async start(config = ''): Promise<void> {
    if (!command) throw new Error('nats-server is not installed')
    const file = join(this.#folder, 'nats.conf')
    if (this.port === 0) this.port = await freePort()
    writeFileSync(file, `host: 127.0.0.1\nport: ${this.port}\n${config}\n`)
    this.#program = new Program(command, ['-c', file])
    if (config.includes('cluster {'))
      this.clusterPort = Number((await this.#program.says(/route connections on 127.0.0.1:(\d+)/))[1])
    await this.#program.says(/Server is ready/)
  }

  /** What it has said about itself since it was started last. */
  get said(): string {
    return this.#program?.said ?? ''
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    await this.#program?.end(signal)
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    await this.end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Suites that need Debian's nats-server. Without it they are left out with one line, and fail with CI=true. */
export function withNatsServer(suites: () => void): void {
  if (command) suites()
  else missingPart('nats-server')
}
