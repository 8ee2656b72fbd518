import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** What a node signs its questions with. */
export const sourceCredentials = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' }

/** Flags of a node that asks these with its credentials. */
export const trusting = (...sources: readonly DataSource[]): string[] => [
  '-c',
  `Compute.S3.TrustedEndpoints=${sources.map(({ url }) => url).join(',')}`,
]

/** A server of files and objects: see data-server.ts. */
export class DataSource {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, port: string) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
  }

  /** On the core of the load, with so many objects of that size. */
  static async start(objects: number, objectBytes: number): Promise<DataSource> {
    const script = join(import.meta.dirname, 'data-server.ts')
    const args = ['--conditions=source', script, String(objects), String(objectBytes)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    return new DataSource(child, line.toString().trim())
  }

  /** All its objects, as an input. */
  get objects(): object {
    return { Type: 's3', Params: { Bucket: 'bucket', Key: 'in/', Endpoint: this.url, Region: 'us-east-1' } }
  }

  async sentBytes(): Promise<number> {
    return Number(await (await fetch(`${this.url}/sent`)).text())
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}
