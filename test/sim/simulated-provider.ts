import { createHash } from 'node:crypto'
import type { Disk } from '#contracts/disk.ts'
import type { Engine, RunningProgram } from '#contracts/engine.ts'
import type { Provider } from '#contracts/provider.ts'
import type { Publisher } from '#contracts/publisher.ts'
import { yes } from '#contracts/verdict.ts'
import { Fault } from '#lib/fault.ts'
import type { Life } from './life.ts'
import type { Programs } from './programs.ts'
import type { Witness } from './witness.ts'
import type { World } from './world.ts'

type ProviderParts = { world: World; life: Life; disk: Disk; programs: Programs; witness: Witness }

/** The engine and the publisher of one life of a node. */
export const simulatedProvider = (parts: ProviderParts): Provider => ({
  engines: [simulatedEngine(parts)],
  publishers: [simulatedPublisher(parts)],
})

const longestStartUs = 200_000
const longestPublishUs = 2_000_000

/** Time passes for this life; it never comes back to a dead one, and an abort ends it. */
const pass = ({ world, life }: ProviderParts, mostUs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    if (signal.aborted) return reject(signal.reason)
    world.timeline.after(world.random.float() * mostUs, `${life.name} works`, () => life.run(resolve))
  })

/** A process that is stopped hears of the end of its programs when it goes on. */
export const heardBy = (life: Life, program: RunningProgram): RunningProgram => ({
  exit: new Promise((resolve) => void program.exit.then((exit) => life.run(() => resolve(exit)))),
  stop: (graceMs) => program.stop(graceMs),
})

const simulatedEngine = (parts: ProviderParts): Engine => {
  const { programs } = parts
  return {
    type: 'sim',
    isInstalled: async () => yes,
    engineInputs: () => [],
    accepts: async () => yes,
    start: async (request, signal) => {
      await pass(parts, longestStartUs, signal)
      return heardBy(parts.life, programs.start(request))
    },
    attach: async ({ executionId }) => {
      const program = programs.attach(executionId)
      return program && heardBy(parts.life, program)
    },
    sweep: async (keep) => programs.sweep(keep),
    close: async () => {
      if (!parts.world.faults.programsOutlive) programs.killAll()
    },
  }
}

const simulatedPublisher = (parts: ProviderParts): Publisher => ({
  type: 'sim',
  isInstalled: async () => yes,
  accepts: async () => yes,
  publish: async ({ executionId, resultDirectory }, signal) => {
    await pass(parts, longestPublishUs, signal)
    if (parts.world.strikes('publish failed')) throw new Fault('ServiceUnavailable', 'the archive does not answer')
    const stdout = (await parts.disk.readFile(`${resultDirectory}/stdout`)) ?? Buffer.of()
    const digest = createHash('sha256').update(stdout).digest('hex')
    parts.witness.published.set(executionId, { executionId, digest })
    return { Type: 'sim', Params: { Key: executionId, Digest: digest } }
  },
})
