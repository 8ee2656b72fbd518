import type { Engine, Exit, RunningProgram, RunRequest } from '#contracts/engine.ts'
import { yes } from '#contracts/verdict.ts'

export type Script = (request: RunRequest) => Promise<Exit> | Exit

/** An engine for tests: runs a function instead of a program, and remembers every start. */
export class ScriptedEngine implements Engine {
  readonly type: string
  readonly starts: RunRequest[] = []
  script: Script

  constructor(type: string, script: Script = () => ({ exitCode: 0 })) {
    this.type = type
    this.script = script
  }

  async isInstalled() {
    return yes
  }

  engineInputs() {
    return []
  }

  async accepts() {
    return yes
  }

  async start(request: RunRequest): Promise<RunningProgram> {
    this.starts.push(request)
    const stopped = Promise.withResolvers<Exit>()
    const exit = Promise.race([Promise.resolve(this.script(request)), stopped.promise])
    return {
      exit,
      async stop() {
        stopped.resolve({ exitCode: 137 })
        await exit
      },
    }
  }

  async attach(_request: RunRequest, _signal: AbortSignal): Promise<RunningProgram | undefined> {
    return undefined
  }

  async sweep() {}
  async close() {}
}
