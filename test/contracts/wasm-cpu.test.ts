import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { afterAll, describe, expect, it } from 'vitest'
import { noResources } from '#models/resources.ts'
import { leastOf } from '../kit/least-of.ts'
import { childrenOf, contentOf } from '../kit/processes-of.ts'
import { until } from '../kit/until.ts'
import { wasmProductCommand } from '../kit/wasm-command.ts'
import { WasmEngineKit, wasmProgram, wasmTool } from '../kit/wasm-engine.ts'

const share = (CPU: number) => ({ resources: { ...noResources(), CPU } })

/** All processes below this one that are stopped by a signal. */
const stoppedBelow = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [
    ...(/\) T /.test(contentOf(child, 'stat')) ? [child] : []),
    ...stoppedBelow(child),
  ])

/** Niceness of the scheduler's groups of all processes below this one. */
const groupsBelow = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => {
    const [, niceness] = / nice (\d+)/.exec(contentOf(child, 'autogroup')) ?? []
    return [Number(niceness), ...groupsBelow(child)]
  })

describe.each(['pooled', 'process'] as const)('the processor, %s', { timeout: 60_000 }, (isolation) => {
  const kit = new WasmEngineKit({ isolation }, wasmProductCommand)
  afterAll(() => kit.close())

  it('is given by the share a job asked for, beyond the first quarter of a second', async () => {
    // Two looks late: a tenth of a second. A node that has to wait for a processor looks later.
    const limitMs = 250 + 0.2 * 2000 + 100 + 50
    const spunMs = async () => {
      const { stdout, exitCode } = await kit.run(wasmTool('spin', '2000'), share(0.2))
      expect(exitCode).toBe(0)
      return Number(stdout)
    }
    expect(await leastOf(limitMs, spunMs, 5)).toBeLessThan(limitMs)
  })

  it.skipIf(!existsSync('/proc/self/autogroup'))(
    'goes to programs by what they asked for where there is not enough of it, and to the node as to any other [B9c]',
    async () => {
      const { program, logs } = await kit.start(wasmProgram('loop'), share(0.1))
      await logs.untilPrinted('started')
      await until('it has the weight of its share', () => groupsBelow(process.pid).includes(10))
      await program.stop(0)
      await until('it is gone', () => !groupsBelow(process.pid).includes(10))
    },
  )

  it('is given in turns when more programs want it than the cores can serve, and the node before them [B9c]', async () => {
    const atOnce = 2 * availableParallelism()
    const starts = Array.from({ length: atOnce + 2 }, () => kit.start(wasmProgram('loop'), share(1)))
    const programs = (await Promise.all(starts)).map(({ program }) => program)
    try {
      const hadToWait = new Set<number>()
      await until('each has waited for its turn', () => {
        const waiting = stoppedBelow(process.pid)
        expect(waiting.length).toBeLessThanOrEqual(2)
        for (const pid of waiting) hadToWait.add(pid)
        return hadToWait.size === programs.length
      })
      await programs.pop()?.stop(0)
      await programs.pop()?.stop(0)
      await until('none has to wait', () => stoppedBelow(process.pid).length === 0)
    } finally {
      await Promise.all(programs.map((program) => program.stop(0)))
    }
  })

  it('is not kept from the next program, and not from the last words of one that rests', async () => {
    const { program, logs, exit } = await kit.start(wasmProgram('later'), share(0.01))
    await logs.untilPrinted('one')
    await program.stop(0)
    expect(await exit).toEqual({ exitCode: 137 })
    expect(logs.stdout.startsWith('one\n')).toBe(true)
    expect((await kit.run(wasmProgram('hello'), share(0.01))).exitCode).toBe(0)
  })
})
