import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine, Exit, RunningProgram, RunRequest } from '#contracts/engine.ts'
import type { InlineFile, PreparedInput } from '#contracts/storage.ts'
import { Fault } from '#lib/fault.ts'
import { newExecutionId, newJobId } from '#models/ids.ts'
import { noResources } from '#models/resources.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { MemorySink } from '../kit/memory-sink.ts'
import { scratchIn } from '../kit/scratch.ts'

/** Programs of one engine's own kind. One that cannot exist there is left out, and with it what it would show. */
export type EnginePrograms = {
  /** Writes the texts and ends with the code. */
  prints(stdout: string, stderr: string, exitCode: number): SpecConfig
  /** Prints `started`, then goes on for ever; ends at once when it is asked to stop. */
  endless?: SpecConfig
  /** The same, but deaf: only a kill ends it. */
  deaf?: SpecConfig
  /** Prints exactly so many bytes on stdout, nothing else. */
  floods?(sizeBytes: number): SpecConfig
  /** Copies the file to stdout. */
  cat?(path: string): SpecConfig
  /** Writes the text into a file; exit code not 0 when it may not. */
  writes?(path: string, text: string): SpecConfig
  /** Prints the value of the variable. */
  printsVariable?(name: string): SpecConfig
  /** Has an own value for the variable among its engine parameters. */
  printsOwnVariable?(name: string, value: string): SpecConfig
  /** Prints `before`, then takes more memory than 64 MiB and, should it get it, ends with code 0. */
  eatsMemory?: SpecConfig
  /** Right parameters, but there is nothing to start. */
  unstartable?: SpecConfig
  /** Wrong parameters. */
  malformed: SpecConfig
}

export type EngineFixture = {
  /** A fresh engine of the same node; like after a restart of ours. */
  open(): Engine
  programs: EnginePrograms
  /** Whether programs outlive us and are found again. */
  isSurviving: boolean
  /** How many programs (running or not) the world still holds for this node; for leak checks. */
  leftOver(): Promise<number>
  /** What the engine has asked for with `engineInputs`, prepared. */
  engineInputs?: (program: SpecConfig) => (PreparedInput | InlineFile)[]
  /** Where outputs of the program `writes` are expected; default `/outputs`. */
  outputPath?: string
  /** What an input's path looks like inside; default `/inputs/<name>`. */
  inputPath?: (name: string) => string
  close(): Promise<void>
}

const mib = 1024 * 1024
const never = new AbortController().signal

/** What every engine promises (contracts/engine.ts). */
export function engineSuite(name: string, make: () => Promise<EngineFixture>, limitMs = 60_000): void {
  describe(`engine ${name}`, { timeout: limitMs }, () => {
    let fixture: EngineFixture
    let engine: Engine
    let root: string

    beforeAll(async () => {
      fixture = await make()
      engine = fixture.open()
      root = mkdtempSync(join(tmpdir(), 'bacalhau-engine-'))
    }, limitMs)

    afterAll(async () => {
      await engine.close()
      await engine.sweep(new Set())
      await fixture.close()
      rmSync(root, { recursive: true, force: true })
    }, limitMs)

    const request = (program: SpecConfig, parts: Partial<RunRequest> = {}): RunRequest & { logs: MemorySink } => {
      const executionId = parts.executionId ?? newExecutionId(randomUUID())
      const scratch = scratchIn(join(root, executionId, 'scratch'))
      return {
        executionId,
        jobId: newJobId(randomUUID()),
        engine: program,
        env: {},
        inputs: [],
        engineInputs: fixture.engineInputs?.(program) ?? [],
        outputs: [],
        resources: { ...noResources(), CPU: 0.5, Memory: 256 * mib },
        network: { Type: 'None' },
        logs: new MemorySink(),
        scratch,
        ...parts,
      } as RunRequest & { logs: MemorySink }
    }
    const run = async (asked: RunRequest): Promise<Exit> => (await engine.start(asked, never)).exit
    const file = (text: string, isReadOnly = true): PreparedInput => {
      const hostPath = join(mkdtempSync(join(root, 'input-')), 'data.txt')
      writeFileSync(hostPath, text)
      const guestPath = fixture.inputPath?.('data.txt') ?? '/inputs/data.txt'
      const input = { Source: { Type: 'noop' }, Alias: '', Target: '/inputs' }
      return { input, hostPath, kind: 'file', guestPath, isReadOnly }
    }
    const having = <Key extends keyof EnginePrograms>(key: Key): NonNullable<EnginePrograms[Key]> | undefined =>
      fixture.programs[key] as NonNullable<EnginePrograms[Key]> | undefined
    /** The failure of a start, however it is told. */
    const failureOfStart = async (asked: RunRequest) => {
      try {
        const { failure } = await run(asked)
        return { message: failure?.message ?? '', class: failure?.class }
      } catch (error) {
        expect(error).toBeInstanceOf(Fault)
        return { message: (error as Fault).message, class: (error as Fault).details?.['FailureClass'] }
      }
    }

    it('says that it can work here', async () => {
      expect(await engine.isInstalled(never)).toEqual({ isYes: true })
    })

    it('runs a program and keeps both of its streams', async () => {
      const asked = request(fixture.programs.prints('out\n', 'err\n', 0))
      expect(await run(asked)).toEqual({ exitCode: 0 })
      expect(asked.logs.stdout).toBe('out\n')
      expect(asked.logs.stderr).toBe('err\n')
    })

    it('gives a non-zero exit code without calling it a failure', async () => {
      const asked = request(fixture.programs.prints('', 'bad\n', 3))
      expect(await run(asked)).toEqual({ exitCode: 3 })
      expect(asked.logs.stderr).toBe('bad\n')
    })

    it('accepts good parameters and refuses wrong ones with a reason', async () => {
      const network = { Type: 'None' } as const
      expect(await engine.accepts(fixture.programs.prints('', '', 0), network, never)).toEqual({ isYes: true })
      const refusal = await engine.accepts(fixture.programs.malformed, network, never)
      expect(refusal).toMatchObject({ isYes: false, reason: expect.stringMatching(/./) })
    })

    it('does not start a program with wrong parameters, and blames the user', async () => {
      expect((await failureOfStart(request(fixture.programs.malformed))).class).toBe('user')
    })

    it('blames the user for a program that is not there', async () => {
      const program = having('unstartable')
      if (program) expect((await failureOfStart(request(program))).class).toBe('user')
    })

    it('loses no byte to a slow sink, and waits while it is full [B5]', async () => {
      const program = having('floods')?.(3 * mib + 17)
      if (!program) return
      const logs = new MemorySink({ delay: () => sleep(5) })
      expect(await run(request(program, { logs }))).toEqual({ exitCode: 0 })
      expect(logs.bytes(1).length).toBe(3 * mib + 17)
      expect(logs.impatientWrites).toBe(0)
    })

    it('shows inputs, and lets nobody write to a read-only one', async () => {
      const path = fixture.inputPath?.('data.txt') ?? '/inputs/data.txt'
      const input = file('alpha\n')
      const read = having('cat') && request(fixture.programs.cat!(path), { inputs: [input] })
      if (!read) return
      expect(await run(read)).toEqual({ exitCode: 0 })
      expect(read.logs.stdout).toBe('alpha\n')
      const program = having('writes')?.(path, 'changed')
      if (!program) return
      const exit = await run(request(program, { inputs: [input] })).catch(() => ({ exitCode: 1 }))
      expect(exit.exitCode).not.toBe(0)
      expect(readFileSync(input.hostPath, 'utf8')).toBe('alpha\n')
    })

    it('brings outputs back [R141]', async () => {
      const path = fixture.outputPath ?? '/outputs'
      const program = having('writes')?.(`${path}/answer.txt`, '42')
      if (!program) return
      const hostPath = mkdtempSync(join(root, 'output-'))
      const outputs = [{ resultPath: { Name: 'outputs', Path: path }, hostPath }]
      expect(await run(request(program, { outputs }))).toEqual({ exitCode: 0 })
      expect(readFileSync(join(hostPath, 'answer.txt'), 'utf8')).toBe('42')
    })

    it('gives the program its environment, in which the engine’s own entries win', async () => {
      const program = having('printsVariable')
      if (!program) return
      const plain = request(program('GREETING'), { env: { GREETING: 'hello = world' } })
      await run(plain)
      expect(plain.logs.stdout.trim()).toBe('hello = world')
      const own = having('printsOwnVariable')
      if (!own) return
      const both = request(own('GREETING', 'mine'), { env: { GREETING: 'task' } })
      await run(both)
      expect(both.logs.stdout.trim()).toBe('mine')
    })

    it('stops a program that listens well before its grace is over', async () => {
      const program = having('endless')
      if (!program) return
      const asked = request(program)
      const running = await engine.start(asked, never)
      await asked.logs.untilPrinted('started')
      await running.stop(30_000)
      expect((await running.exit).failure).toBeUndefined()
      await running.stop(0)
    })

    it('kills a program that does not listen when its grace is over', async () => {
      const program = having('deaf')
      if (!program) return
      const asked = request(program)
      const running = await engine.start(asked, never)
      await asked.logs.untilPrinted('started')
      await Promise.all([running.stop(100), running.stop(200)])
      expect((await running.exit).exitCode).not.toBe(0)
    })

    it('lets a later stop be shorter than an earlier one', async () => {
      const program = having('deaf')
      if (!program) return
      const asked = request(program)
      const running = await engine.start(asked, never)
      await asked.logs.untilPrinted('started')
      const patient = running.stop(600_000)
      await running.stop(0)
      await patient
    })

    it('starts nothing when it is told to stop before', async () => {
      const told = new AbortController()
      told.abort(new Fault('Cancelled', 'stop'))
      const program = having('endless') ?? fixture.programs.prints('', '', 0)
      await expect(engine.start(request(program), told.signal)).rejects.toThrow('stop')
      expect(await untilZero(fixture.leftOver)).toBe(0)
    })

    it('leaves nothing running when it is told to stop while it starts', async () => {
      const told = new AbortController()
      const program = having('endless')
      if (!program) return
      const starting = engine.start(request(program), told.signal)
      await sleep(20)
      told.abort(new Fault('Cancelled', 'stop'))
      // Whoever was faster: a program that did start is there to be stopped.
      await starting.then((running) => running.stop(0)).catch((error: Error) => expect(error.message).toBe('stop'))
      expect(await untilZero(fixture.leftOver)).toBe(0)
    })

    it('ends a program that takes more memory than it was given, and keeps what it had printed', async () => {
      const program = having('eatsMemory')
      if (!program) return
      const asked = request(program, { resources: { ...noResources(), CPU: 0.5, Memory: 64 * mib } })
      const exit = await run(asked)
      expect(exit.exitCode === 0 && !exit.failure, 'it got the memory').toBe(false)
      expect(asked.logs.stdout).toContain('before')
    })

    it('runs several programs at once and mixes nothing up', async () => {
      const asked = [0, 1, 2, 3].map((n) => request(fixture.programs.prints(`number ${n}\n`, '', n)))
      const exits = await Promise.all(asked.map(run))
      expect(exits).toEqual([0, 1, 2, 3].map((exitCode) => ({ exitCode })))
      expect(asked.map(({ logs }) => logs.stdout)).toEqual([0, 1, 2, 3].map((n) => `number ${n}\n`))
    })

    it('knows nothing of an execution that it never started', async () => {
      expect(await engine.attach(request(fixture.programs.prints('', '', 0)), never)).toBeUndefined()
    })

    it('leaves nothing behind once programs have ended', async () => {
      expect(await untilZero(fixture.leftOver)).toBe(0)
    })

    describe('after a restart of ours', () => {
      const again = (asked: RunRequest & { logs: MemorySink }, logs: MemorySink) => ({ ...asked, logs })
      const attached = async (next: Engine, asked: RunRequest): Promise<RunningProgram> => {
        const program = await next.attach(asked, never)
        if (!program) throw new Error('it was not found again')
        return program
      }

      it('takes hold of a program that still runs, and goes on with its output [X14]', async () => {
        const program = having('endless')
        if (!fixture.isSurviving || !program) return
        const before = fixture.open()
        const asked = request(program)
        await before.start(asked, never)
        await asked.logs.untilPrinted('started')
        await before.close()
        const logs = new MemorySink({ earlierBytes: { 1: 3, 2: 0 } })
        const running = await attached(engine, again(asked, logs))
        await logs.untilPrinted('rted')
        await running.stop(10_000)
        expect(logs.stdout.startsWith('rted')).toBe(true)
      })

      it('collects a program that ended meanwhile and does not start it again [X14]', async () => {
        if (!fixture.isSurviving) return
        const before = fixture.open()
        const asked = request(fixture.programs.prints('once\n', 'and again\n', 7))
        await before.start(asked, never)
        await before.close()
        const logs = new MemorySink()
        const first = await attached(engine, again(asked, logs))
        expect(await first.exit).toEqual({ exitCode: 7 })
        // Either we had it all before we let go, or the second sink, which begins empty, was given everything.
        expect([asked.logs.stdout, logs.stdout]).toContain('once\n')
        const second = await attached(engine, again(asked, new MemorySink()))
        expect(await second.exit).toEqual({ exitCode: 7 })
      })

      it('leaves nothing of its output to its own copy once that may go [R20]', async () => {
        if (!fixture.isSurviving) return
        let kept: unknown
        const logs = Object.assign(new MemorySink(), {
          keep: async () => void (kept = { output: logs.stdout, left: await fixture.leftOver() }),
        })
        await run(request(fixture.programs.prints('last words', '', 0), { logs }))
        expect(kept).toEqual({ output: 'last words', left: 1 })
      })

      it('sweeps away what it is not told to keep [X21]', async () => {
        const program = having('endless')
        if (!fixture.isSurviving || !program) return
        const before = fixture.open()
        const [kept, left] = [request(program), request(program)]
        for (const asked of [kept, left]) {
          await before.start(asked, never)
          await asked.logs.untilPrinted('started')
        }
        await before.close()
        await engine.sweep(new Set([kept.executionId]))
        expect(await engine.attach(left, never)).toBeUndefined()
        const running = await attached(engine, again(kept, new MemorySink()))
        await running.stop(0)
        expect(await untilZero(fixture.leftOver)).toBe(0)
      })
    })
  })
}

/** Removal may come a moment after the exit; bounded, so that a leak fails. */
async function untilZero(count: () => Promise<number>): Promise<number> {
  let left = await count()
  for (let turn = 0; turn < 1_000 && left > 0; turn++) {
    await sleep(50)
    left = await count()
  }
  return left
}
