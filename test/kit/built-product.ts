import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, executable, Program } from './program.ts'

/** The built product in a folder of its own: nothing of the user's settings counts, and everything goes when it is closed. */
export class BuiltProduct {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'bacalhau-e2e-')))
  readonly env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: this.folder,
    TMPDIR: this.folder,
    BACALHAU_DIR: join(this.folder, 'client'),
    DOCKER_HOST: 'unix:///nonexistent',
  }
  readonly #programs: Program[] = []

  /** Starts a command that goes on. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const program = new Program(executable, args, { env: { ...this.env, ...env }, cwd: this.folder })
    this.#programs.push(program)
    return program
  }

  /** Runs a command to its end. */
  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.start(args, env).ended
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end('SIGKILL')))
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
