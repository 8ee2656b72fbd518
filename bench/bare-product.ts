import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection } from './connection.ts'
import { ended, spawnOnServerCore } from './pinned.ts'

/** What Node alone needs for jobs, on the server's core and on the same disk: see bare-jobs.ts. */
export class BareProduct {
  readonly #child: ChildProcess
  readonly #port: number
  readonly #dir: string

  private constructor(child: ChildProcess, port: number, dir: string) {
    this.#child = child
    this.#port = port
    this.#dir = dir
  }

  get pid(): number {
    return this.#child.pid!
  }

  static async start(): Promise<BareProduct> {
    const dir = await mkdtemp(join(tmpdir(), 'bacalhau-bare-'))
    const child = spawnOnServerCore(process.execPath, [join(import.meta.dirname, 'bare-jobs.ts'), dir], process.env)
    child.stderr?.pipe(process.stderr)
    const [line] = (await once(child.stdout!, 'data')) as [Buffer]
    return new BareProduct(child, Number(line), dir)
  }

  connection(): Connection {
    return new Connection(this.#port)
  }

  async remove(): Promise<void> {
    await ended(this.#child, 'SIGTERM')
    await rm(this.#dir, { recursive: true, force: true })
  }
}
