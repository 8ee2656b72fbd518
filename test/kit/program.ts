import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { join } from 'node:path'

/** The built product. */
export const executable = join(import.meta.dirname, '../../dist/bacalhau')

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

const limitMs = 60_000

/** A program that runs, with all it said. */
export class Program {
  readonly child: ChildProcess
  /** When it has ended and everything it said is here. */
  readonly ended: Promise<Ended>
  #stdout = ''
  #stderr = ''
  readonly #listeners = new Set<() => void>()

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    this.child.stdout?.on('data', (data: Buffer) => this.#heard(() => (this.#stdout += data)))
    this.child.stderr?.on('data', (data: Buffer) => this.#heard(() => (this.#stderr += data)))
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }))
    })
    this.ended.finally(() => this.#heard(() => {})).catch(() => {})
  }

  get said(): string {
    return this.#stdout + this.#stderr
  }

  /** What it said that matches, as soon as it has; an error when it ends without, or takes too long. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const endsAt = performance.now() + limitMs
    for (;;) {
      const found = pattern.exec(this.said)
      if (found) return found
      if (this.#isOver) throw new Error(`ended without ${pattern}: ${this.said}`)
      if (performance.now() > endsAt) throw new Error(`no ${pattern} within ${limitMs} ms: ${this.said}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs)
        this.#listeners.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    if (!this.#isOver) this.child.kill(signal)
    return this.ended
  }

  get #isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  #heard(act: () => void): void {
    act()
    for (const listener of this.#listeners) listener()
    this.#listeners.clear()
  }
}
