import { afterAll, beforeAll, describe } from 'vitest'
import { canStartDocker, canStartGvisor, dockerEngine, gvisorEngine } from './docker-engine.ts'
import type { TestEngine } from './engine-process.ts'
import { missingPart } from './missing-part.ts'
import { canStartPodman, podmanEngine } from './podman-engine.ts'

type Suites = (host: () => string) => void

/**
 * Suites that need a Docker engine: the one DOCKER_HOST names, else one of their own. Without any they are left out with one
 * line, and fail with CI=true. `suites` gets a function that gives the address once the tests run.
 */
export const withDocker = (suites: Suites): void =>
  process.env['DOCKER_HOST'] || canStartDocker()
    ? present('a Docker engine', dockerEngine, suites)
    : missingPart('a Docker engine')

/** Suites that start and end engines of their own. */
export function withOwnDocker(suites: () => void): void {
  if (canStartDocker()) suites()
  else missingPart('a Docker engine')
}

/** The same on Podman's Docker interface, which each file starts for itself. */
export const withPodman = (suites: Suites): void =>
  canStartPodman() ? present('Podman', podmanEngine, suites) : missingPart('Podman')

/** On an engine of its own, whose containers can be run in gVisor. */
export const withGvisor = (suites: Suites): void =>
  canStartGvisor() ? present('gVisor', gvisorEngine, suites) : missingPart('gVisor')

function present(name: string, start: () => Promise<TestEngine | undefined>, suites: Suites): void {
  describe(`with ${name}`, () => {
    let engine: TestEngine | undefined

    beforeAll(async () => {
      engine = await start()
    }, 120_000)

    afterAll(async () => {
      await engine?.stop()
    }, 120_000)

    suites(() => {
      if (!engine) throw new Error('the engine is there while tests run')
      return engine.host
    })
  })
}
