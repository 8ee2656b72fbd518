import type { DockerApi } from './api.ts'

type Info = { Plugins?: { Log?: string[] | null } }
export type LogConfig = { Type: string; Config: Record<string, string> }

const files = 2

/**
 * The engine's own copy of what a container prints, two files of at most `maxBytes`. Docker's `local` form keeps bytes as they are and
 * costs a third of its `json-file`, which Podman takes for its own form instead.
 */
export class LogCopy {
  readonly #api: DockerApi
  readonly #maxBytes: number
  #config: Promise<LogConfig> | undefined

  constructor(api: DockerApi, maxBytes: number) {
    this.#api = api
    this.#maxBytes = maxBytes
  }

  get keptBytes(): number {
    return files * this.#maxBytes
  }

  /** Asks the engine once what it knows; throws a Fault when it is away. */
  config(): Promise<LogConfig> {
    this.#config ??= this.#asked().catch((error: unknown) => {
      this.#config = undefined
      throw error
    })
    return this.#config
  }

  /** The engine went away: another may come in its place. */
  forget(): void {
    this.#config = undefined
  }

  async #asked(): Promise<LogConfig> {
    const { Plugins } = await this.#api.call<Info>('GET', '/info')
    const size = { 'max-size': String(this.#maxBytes), 'max-file': String(files) }
    return Plugins?.Log?.includes('local')
      ? { Type: 'local', Config: { ...size, compress: 'false' } }
      : { Type: 'json-file', Config: size }
  }
}
