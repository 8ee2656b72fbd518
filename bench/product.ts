import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/kit/free-ports.ts'
import { Connection } from './connection.ts'
import { ended, spawnOnServerCore } from './pinned.ts'

export const executable = join(import.meta.dirname, '../dist/bacalhau')

/** Set by `--profile`: servers write a profile of their processor time here when they end. */
export const profiling: { folder?: string } = {}

export type Roles = 'orchestrator' | 'compute' | 'hybrid'

export type StartOptions = { dir?: string; port?: number; flags?: string[]; env?: Record<string, string> }

/** A running `bacalhau serve` on its own core, with a data folder of its own. */
export class Product {
  readonly port: number
  /** Port of the embedded broker, where other nodes connect. */
  readonly bus: number
  readonly dir: string
  readonly child: ChildProcess
  readonly #log: Buffer[]

  private constructor(port: number, bus: number, dir: string, child: ChildProcess, log: Buffer[]) {
    this.port = port
    this.bus = bus
    this.dir = dir
    this.child = child
    this.#log = log
  }

  get pid(): number {
    return this.child.pid!
  }

  /** Starts it and waits until the API answers. With `dir` it goes on with what is stored there. */
  static async start(roles: Roles, options: StartOptions = {}): Promise<Product> {
    const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'bacalhau-bench-')))
    const port = options.port ?? (await freePort())
    const bus = await freePort()
    const child = spawnOnServerCore(executable, [...serveArgs(roles, dir, port, bus), ...(options.flags ?? [])], {
      ...process.env,
      ...options.env,
      NODE_EXTRA_CA_CERTS: undefined,
      ...(profiling.folder && {
        NODE_OPTIONS: `${options.env?.['NODE_OPTIONS'] ?? ''} --cpu-prof --cpu-prof-dir=${profiling.folder}`,
      }),
    })
    const log: Buffer[] = []
    child.stderr?.on('data', (data: Buffer) => log.length < 1000 && log.push(data))
    child.stdout?.resume()
    const product = new Product(port, bus, dir, child, log)
    await product.#answers()
    return product
  }

  connection(): Connection {
    return new Connection(this.port)
  }

  /** Ends it with `signal`; returns after how many ms it was gone. What is profiled must end by itself. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    return ended(this.child, profiling.folder ? 'SIGTERM' : signal)
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.end()
    await rm(this.dir, { recursive: true, force: true })
  }

  async #answers(): Promise<void> {
    for (const giveUp = performance.now() + 30_000; performance.now() < giveUp; await sleep(2)) {
      if (this.child.exitCode !== null) throw new Error(`serve ended:\n${Buffer.concat(this.#log)}`)
      const connection = this.connection()
      const answer = await connection.ask('GET', '/api/v1/agent/alive').catch(() => undefined)
      connection.close()
      if (answer?.status === 200) return
    }
    throw new Error(`serve does not answer:\n${Buffer.concat(this.#log)}`)
  }
}

function serveArgs(roles: Roles, dir: string, port: number, bus: number): string[] {
  const wanted = { orchestrator: ['--orchestrator'], compute: ['--compute'], hybrid: ['--orchestrator', '--compute'] }
  return [
    'serve',
    ...wanted[roles],
    '--repo',
    dir,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '-c',
    `Orchestrator.Port=${bus}`,
    '-c',
    'Publishers.Types.Local.Port=0',
  ]
}
