import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What a Docker engine takes by itself for containers of `busybox` without a network: to make and start one and tell of its end, and to stream what it prints. */
export class EngineOwn {
  readonly #socketPath: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(host: string) {
    this.#socketPath = host.replace('unix://', '')
  }

  /** The container's ID. */
  async run(): Promise<string> {
    const id = await this.#create(['true'], [])
    await this.#ask('POST', `/containers/${id}/start`)
    await this.#ask('POST', `/containers/${id}/wait`)
    return id
  }

  /** Ms from the first to the last of so many bytes that a container with these folders prints. */
  async follow(entrypoint: readonly string[], binds: readonly string[], bytes: number): Promise<number> {
    const id = await this.#create(entrypoint, binds)
    const output = await this.#open('POST', `/containers/${id}/attach?stream=1&stdout=1`)
    await this.#ask('POST', `/containers/${id}/start`)
    let [firstAt, seen] = [0, 0]
    for await (const chunk of output) {
      firstAt ||= performance.now()
      seen += (chunk as Buffer).length
    }
    const ms = performance.now() - firstAt
    await this.remove(id)
    // Beside its headers of eight bytes each.
    if (seen < bytes) throw new Error(`the engine streamed ${seen} of ${bytes} bytes`)
    return ms
  }

  async #create(Entrypoint: readonly string[], Binds: readonly string[]): Promise<string> {
    const HostConfig = { NetworkMode: 'none', Binds }
    const spec = { Image: 'busybox:latest', Entrypoint, NetworkDisabled: true, HostConfig }
    return JSON.parse(await this.#ask('POST', '/containers/create', JSON.stringify(spec))).Id
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

  async #ask(method: string, path: string, body = ''): Promise<string> {
    return text(await this.#open(method, path, body))
  }

  #open(method: string, path: string, body = ''): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
      const options = { socketPath: this.#socketPath, agent: this.#agent, method, path, headers }
      request(options, resolve).on('error', reject).end(body)
    })
  }
}
