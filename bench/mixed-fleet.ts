import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Resources } from '#models/resources.ts'
import { Fleet } from './fleet.ts'
import { ended, spawnOnServerCore } from './pinned.ts'

/** Thousands of nodes, some over TCP and the others in the orchestrator's process (near-fleet.ts), whose work counts in there. */
export class MixedFleet {
  /** Those over TCP. */
  readonly far: Fleet
  /** Of the orchestrator's process. */
  readonly pid: number
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #folder: string

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, far: Fleet, folder: string) {
    this.#child = child
    this.#answers = answers
    this.#folder = folder
    this.pid = child.pid!
    this.far = far
  }

  static async start(near: number, far: number, capacity: Resources): Promise<MixedFleet> {
    const folder = await mkdtemp(join(tmpdir(), 'bacalhau-bench-'))
    const script = join(import.meta.dirname, 'near-fleet.ts')
    const words = ['--conditions=source', script, join(folder, 'state.db'), String(near), JSON.stringify(capacity)]
    const child = spawnOnServerCore(process.execPath, words, process.env, 'pipe')
    child.stderr?.pipe(process.stderr)
    const answers = createInterface(child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]()
    const bus = await numberOf(answers)
    return new MixedFleet(child, answers, await Fleet.join({ bus }, far, capacity), folder)
  }

  /** What the orchestrator's process says to this, see near-fleet.ts. */
  async ask(line: string): Promise<number> {
    this.#child.stdin?.write(`${line}\n`)
    return numberOf(this.#answers)
  }

  async close(): Promise<void> {
    await this.far.close()
    await ended(this.#child, 'SIGTERM')
    await rm(this.#folder, { recursive: true })
  }
}

async function numberOf(answers: AsyncIterator<string>): Promise<number> {
  const { done, value } = await answers.next()
  if (done) throw new Error("the orchestrator's process has ended")
  return Number(value)
}
