import type { Exit, KeptExecutions, RunningProgram, RunRequest } from '#contracts/engine.ts'
import type { Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import { type Script, scriptOf } from './script.ts'
import type { Start, Witness } from './witness.ts'
import type { World } from './world.ts'

/** What a program is, here. */
export type ProgramRequest = Pick<RunRequest, 'executionId' | 'jobId' | 'resources' | 'env' | 'logs'>

type Program = { start: Start; end?: Timer; exit: PromiseWithResolvers<Exit> }

/** The programs of one machine. They are not the node's process: depending on the engine they outlive it. */
export class Programs {
  readonly #world: World
  readonly #witness: Witness
  readonly #nodeId: NodeId
  readonly #random
  readonly #all = new Map<ExecutionId, Program>()

  constructor(world: World, witness: Witness, nodeId: NodeId) {
    this.#world = world
    this.#witness = witness
    this.#nodeId = nodeId
    this.#random = world.random.fork(`programs of ${nodeId}`)
  }

  start({ executionId, jobId, resources, env, logs }: ProgramRequest): RunningProgram {
    if (this.#world.strikes('engine failed')) throw new Fault('ServiceUnavailable', 'the engine does not answer')
    const start: Start = { executionId, jobId, nodeId: this.#nodeId, need: resources, exit: undefined }
    const program: Program = { start, exit: Promise.withResolvers() }
    this.#all.set(executionId, program)
    this.#world.note(`${this.#nodeId} starts ${executionId}`)
    if (resources.GPU > 0) this.#world.counts.add('gpu given')
    this.#witness.started(start)
    void logs.write(1, Buffer.from(executionId))
    const script = scriptOf(env)
    if (script.isHanging) this.#world.counts.add('program hangs')
    else this.#endLater(program, script)
    return this.#handle(program)
  }

  /** What still runs, or has ended and was not swept. */
  attach(executionId: ExecutionId): RunningProgram | undefined {
    const program = this.#all.get(executionId)
    if (!program) return undefined
    this.#world.counts.add('program taken up again')
    return this.#handle(program)
  }

  sweep(keep: KeptExecutions): void {
    for (const [id, program] of this.#all) if (!keep.has(id)) this.#kill(program)
    for (const id of this.#all.keys()) if (!keep.has(id)) this.#all.delete(id)
  }

  killAll(): void {
    for (const program of this.#all.values()) this.#kill(program)
    this.#all.clear()
  }

  #endLater(program: Program, script: Script): void {
    const isFailing = this.#random.happens(script.failChance)
    if (isFailing) this.#world.counts.add('program failed')
    const isOut = program.start.need.Memory < script.memory
    if (isOut) this.#world.counts.add('out of memory')
    const exit: Exit = isOut ? outOfMemory : isFailing ? failedExit(script) : { exitCode: 0 }
    const us = script.durationMs * 1_000 * (0.5 + this.#random.float())
    program.end = this.#world.timeline.after(us, `${this.#nodeId} program ends`, () => this.#end(program, exit))
  }

  #end(program: Program, exit: Exit): void {
    if (program.start.exit !== undefined) return
    program.start.exit = exit
    this.#world.note(`${this.#nodeId} ${program.start.executionId} ends with ${JSON.stringify(exit)}`)
    program.exit.resolve(exit)
  }

  #kill(program: Program): void {
    program.end?.stop()
    if (program.start.exit === undefined) this.#world.note(`${this.#nodeId} kills ${program.start.executionId}`)
    program.start.exit ??= 'killed'
  }

  /** It obeys some time before its grace is over. */
  #handle(program: Program): RunningProgram {
    return {
      exit: program.exit.promise,
      stop: async (graceMs) => {
        this.#world.counts.add('program stopped')
        const us = graceMs * 1_000 * this.#random.float()
        this.#world.timeline.after(us, `${this.#nodeId} program stops`, () => this.#end(program, { exitCode: 137 }))
        await program.exit.promise
      },
    }
  }
}

const outOfMemory: Exit = {
  exitCode: 137,
  failure: { message: 'memory limit exceeded', class: 'resource', lacks: 'memory' },
}

const failedExit = ({ failure }: Script): Exit =>
  failure === 'exit code' ? { exitCode: 1 } : { exitCode: -1, failure: { message: 'it broke', class: failure } }
