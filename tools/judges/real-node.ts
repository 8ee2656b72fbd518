import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../test/kit/free-ports.ts'
import type { Server } from '../../test/kit/product.ts'
import { Program } from '../../test/kit/program.ts'
import { until } from '../../test/kit/until.ts'
import { quietEnv } from './real-cli.ts'

/** A real node looks for its orchestrator every ten seconds, more seldom when it was away. */
const joinLimitMs = 90_000

type ListedNode = { Info: { NodeID: string }; Connection?: string; ConnectionState?: { Status: string } }

export type RealNodeParts = {
  path: string
  version: string
  orchestrator: Server
  /** Its home, where it keeps everything. */
  folder: string
  dockerHost: string | undefined
}

/** A real compute node that serves our orchestrator; its home outlives its processes. */
export class RealNode {
  readonly name: string
  readonly #parts: RealNodeParts
  readonly #programs: Program[] = []

  constructor(parts: RealNodeParts) {
    this.#parts = parts
    // Subjects are made of it, so without dots.
    this.name = `real-${parts.version.replaceAll('.', '-')}`
    mkdirSync(parts.folder)
  }

  /** Starts a process of it and waits until the orchestrator shows it as connected. */
  async start(): Promise<void> {
    const { path, version, folder, dockerHost = 'unix:///nonexistent' } = this.#parts
    const args = await (version.startsWith('v1.4.') ? this.#oldArgs() : this.#newArgs())
    const env = { ...quietEnv(folder, 1), BACALHAU_DIR: join(folder, 'node'), BACALHAU_ENVIRONMENT: 'local' }
    this.#programs.push(new Program(path, args, { cwd: folder, env: { ...env, DOCKER_HOST: dockerHost } }))
    await this.isShownAs('CONNECTED')
  }

  /** Ends its process and waits until it is gone. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    await this.#programs.at(-1)?.end(signal)
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end('SIGKILL')))
  }

  /** Waits until the orchestrator shows it so. */
  async isShownAs(status: 'CONNECTED' | 'DISCONNECTED'): Promise<void> {
    const shown = async (): Promise<boolean> => {
      const program = this.#programs.at(-1)
      if (status === 'CONNECTED' && program?.child.exitCode !== null) throw new Error(`it ended: ${program?.said}`)
      const nodes = await this.#parts.orchestrator.json<ListedNode[]>(['node', 'list'])
      const own = nodes.find(({ Info }) => Info.NodeID === this.name)
      return (own?.ConnectionState?.Status ?? own?.Connection) === status
    }
    await until(`${this.name} is ${status}`, shown, joinLimitMs)
  }

  async #oldArgs(): Promise<string[]> {
    const orchestrator = `nats://127.0.0.1:${this.#parts.orchestrator.linkPort}`
    const ports = ['--port', `${await freePort()}`, '--local-publisher-port', `${await freePort()}`]
    const hosts = ['--host', '127.0.0.1', '--local-publisher-address', '127.0.0.1']
    return ['serve', '--node-type', 'compute', '--orchestrators', orchestrator, '--name', this.name, ...hosts, ...ports]
  }

  async #newArgs(): Promise<string[]> {
    const settings = {
      'API.Host': '127.0.0.1',
      'API.Port': await freePort(),
      'Compute.Orchestrators': `nats://127.0.0.1:${this.#parts.orchestrator.linkPort}`,
      'Publishers.Types.Local.Address': '127.0.0.1',
      'Publishers.Types.Local.Port': await freePort(),
      'WebUI.Enabled': 'false',
    }
    const pairs = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    return ['serve', '--compute', '--name', this.name, ...pairs]
  }
}
