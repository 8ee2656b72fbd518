import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What a Docker engine takes by itself to make a container of `busybox true` without a network, start it, and tell of its end. */
export class EngineOwn {
  readonly #socketPath: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(host: string) {
    this.#socketPath = host.replace('unix://', '')
  }

  /** The container's ID. */
  async run(): Promise<string> {
    const spec = {
      Image: 'busybox:latest',
      Entrypoint: ['true'],
      NetworkDisabled: true,
      HostConfig: { NetworkMode: 'none' },
    }
    const { Id } = JSON.parse(await this.#ask('POST', '/containers/create', JSON.stringify(spec)))
    await this.#ask('POST', `/containers/${Id}/start`)
    await this.#ask('POST', `/containers/${Id}/wait`)
    return Id
  }

  async remove(id: string): Promise<void> {
    await this.#ask('DELETE', `/containers/${id}`)
  }

  /** Whether it holds no container, its own or of others. */
  async isEmpty(): Promise<boolean> {
    return JSON.parse(await this.#ask('GET', '/containers/json?all=true')).length === 0
  }

  close(): void {
    this.#agent.destroy()
  }

  #ask(method: string, path: string, body = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
      const options = { socketPath: this.#socketPath, agent: this.#agent, method, path, headers }
      const asked = request(options, (answer) => text(answer).then(resolve, reject))
      asked.on('error', reject)
      asked.end(body)
    })
  }
}
