import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canStartDocker, canStartGvisor, dockerEngine, gvisorEngine } from './docker-engine.ts'
import type { TestEngine } from './engine-process.ts'
import { canStartPodman, podmanEngine } from './podman-engine.ts'

type Suites = (host: () => string) => void

/**
 * Suites that need a Docker engine: the one DOCKER_HOST names, else one of their own. Without any they are left out with one
 * line, and fail with CI=true. `suites` gets a function that gives the address once the tests run.
 */
export const withDocker = (suites: Suites): void =>
  process.env['DOCKER_HOST'] || canStartDocker()
    ? present('a Docker engine', dockerEngine, suites)
    : absent('a Docker engine')

/** Suites that start and end engines of their own. */
export function withOwnDocker(suites: () => void): void {
  if (canStartDocker()) suites()
  else absent('a Docker engine')
}

/** The same on Podman's Docker interface, which each file starts for itself. */
export const withPodman = (suites: Suites): void =>
  canStartPodman() ? present('Podman', podmanEngine, suites) : absent('Podman')

/** On an engine of its own, whose containers can be run in gVisor. */
export const withGvisor = (suites: Suites): void =>
  canStartGvisor() ? present('gVisor', gvisorEngine, suites) : absent('gVisor')

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

function absent(name: string): void {
  describe(`with ${name}`, () => {
    if (process.env['CI'] === 'true') {
      it('has an engine', () => expect.fail(`${name} is missing: npm run setup`))
    } else {
      it.skip('left out: no engine (npm run setup)', () => {})
    }
  })
  console.log(`suites left out: ${name} is missing here (npm run setup installs it on Debian, as root)`)
}
