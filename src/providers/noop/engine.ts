import type { Engine, Exit, RunningProgram, RunRequest } from '#contracts/engine.ts'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { InputSource, NetworkConfig } from '#models/task.ts'

/** What a program that does nothing may be told to do. */
type NoopParams = {
  Stdout: string
  Stderr: string
  ExitCode: number
  /** Goes on until it is stopped. */
  IsEndless: boolean
  /** Ends with this failure. */
  ErrorMsg: string
}

const usual: NoopParams = { Stdout: '', Stderr: '', ExitCode: 0, IsEndless: false, ErrorMsg: '' }
const kinds = {
  Stdout: 'string',
  Stderr: 'string',
  ExitCode: 'number',
  IsEndless: 'boolean',
  ErrorMsg: 'string',
} as const

/** An engine whose programs are nothing but what they print and how they end: for tests, benchmarks and empty clusters. */
export class NoopEngine implements Engine {
  readonly type = 'noop'
  readonly #running = new Set<NoopProgram>()

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  engineInputs(): readonly InputSource[] {
    return []
  }

  async accepts(engine: SpecConfig, _network: NetworkConfig): Promise<Verdict> {
    try {
      decodeNoop(engine)
      return yes
    } catch (error) {
      return no(messageOf(error))
    }
  }

  async start(request: RunRequest, signal: AbortSignal): Promise<RunningProgram> {
    const params = decodeNoop(request.engine)
    signal.throwIfAborted()
    await request.logs.write(1, Buffer.from(params.Stdout))
    await request.logs.write(2, Buffer.from(params.Stderr))
    const program = new NoopProgram(params, () => this.#running.delete(program))
    if (params.IsEndless) this.#running.add(program)
    else program.end(params.ExitCode)
    return program
  }

  /** Its programs end with us. */
  async attach(): Promise<undefined> {
    return undefined
  }

  async sweep(): Promise<void> {}

  async close(): Promise<void> {
    for (const program of this.#running) program.end(137)
  }
}

class NoopProgram implements RunningProgram {
  readonly exit: Promise<Exit>
  readonly end: (exitCode: number) => void

  constructor(params: NoopParams, onEnd: () => void) {
    const { promise, resolve } = Promise.withResolvers<Exit>()
    this.exit = promise
    this.end = (exitCode) => {
      onEnd()
      resolve({ exitCode, ...(params.ErrorMsg && { failure: { message: params.ErrorMsg, class: 'user' as const } }) })
    }
  }

  async stop(): Promise<void> {
    this.end(143)
  }
}

function decodeNoop(engine: SpecConfig): NoopParams {
  if (typeKey(engine.Type) !== 'noop')
    throw invalid(`invalid noop engine type. expected noop, but received: ${engine.Type}`)
  const names = new Map(Object.keys(kinds).map((name) => [name.toLowerCase(), name as keyof NoopParams]))
  const given = Object.entries(engine.Params ?? {}).flatMap(([key, value]): [string, unknown][] => {
    const name = names.get(key.toLowerCase())
    return name === undefined ? [] : [[name, kinds[name] === 'number' ? Number(String(value)) : value]]
  })
  for (const [name, value] of given) {
    const isGood = typeof value === kinds[name as keyof NoopParams] && !Number.isNaN(value)
    if (!isGood) throw invalid(`invalid noop engine param: '${name}' must be a ${kinds[name as keyof NoopParams]}`)
  }
  return { ...usual, ...Object.fromEntries(given) }
}

const invalid = (message: string): Fault => new Fault('ValidationError', message, { details: { FailureClass: 'user' } })
