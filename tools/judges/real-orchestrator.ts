import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../test/kit/free-ports.ts'
import { Program } from '../../test/kit/program.ts'
import { until } from '../../test/kit/until.ts'
import { quietEnv } from './real-cli.ts'

const startLimitMs = 60_000

/** A real orchestrator without compute nodes; its home and ports outlive its processes. */
export class RealOrchestrator {
  readonly #path: string
  readonly #version: string
  readonly #folder: string
  readonly #programs: Program[] = []
  readonly port: number
  readonly linkPort: number

  private constructor(path: string, version: string, folder: string, [port = 0, linkPort = 0]: number[]) {
    this.#path = path
    this.#version = version
    this.#folder = folder
    this.port = port
    this.linkPort = linkPort
  }

  /** `folder`: its home, where it keeps everything. */
  static async create(path: string, version: string, folder: string): Promise<RealOrchestrator> {
    mkdirSync(folder)
    return new RealOrchestrator(path, version, folder, await freePorts(2))
  }

  /** Starts a process of it and waits until it answers. */
  async start(): Promise<void> {
    const args = this.#version.startsWith('v1.4.') ? this.#oldArgs() : this.#newArgs()
    const env = {
      ...quietEnv(this.#folder, 1),
      BACALHAU_DIR: join(this.#folder, 'node'),
      BACALHAU_ENVIRONMENT: 'local',
    }
    const program = new Program(this.#path, args, { cwd: this.#folder, env })
    this.#programs.push(program)
    const answers = async (): Promise<boolean> => {
      if (program.child.exitCode !== null) throw new Error(`it ended: ${program.said}`)
      return fetch(`http://127.0.0.1:${this.port}/api/v1/agent/alive`).then(
        ({ ok }) => ok,
        () => false,
      )
    }
    await until('the orchestrator answers', answers, startLimitMs)
  }

  /** Ends its process and waits until it is gone. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    await this.#programs.at(-1)?.end(signal)
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end('SIGKILL')))
  }

  #oldArgs(): string[] {
    const ports = ['--port', String(this.port), '--network-port', String(this.linkPort)]
    return ['serve', '--node-type', 'requester', '--host', '127.0.0.1', ...ports]
  }

  #newArgs(): string[] {
    const settings = {
      'API.Host': '127.0.0.1',
      'API.Port': this.port,
      'Orchestrator.Host': '127.0.0.1',
      'Orchestrator.Port': this.linkPort,
      'WebUI.Enabled': 'false',
    }
    return ['serve', '--orchestrator', ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])]
  }
}
