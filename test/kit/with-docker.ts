import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canStartDocker, type DockerEngine, dockerEngine } from './docker-engine.ts'

/**
 * Suites that need a Docker engine: the one DOCKER_HOST names, else one of their own. Without any they are left out with one
 * line, and fail with CI=true. `suites` gets a function that gives the address once the tests run.
 */
export function withDocker(suites: (host: () => string) => void): void {
  if (!process.env['DOCKER_HOST'] && !canStartDocker()) return absent()
  describe('with a Docker engine', () => {
    let engine: DockerEngine | undefined

    beforeAll(async () => {
      engine = await dockerEngine()
    }, 60_000)

    afterAll(async () => {
      await engine?.stop()
    }, 60_000)

    suites(() => {
      if (!engine) throw new Error('the engine is there while tests run')
      return engine.host
    })
  })
}

function absent(): void {
  describe('with a Docker engine', () => {
    if (process.env['CI'] === 'true') {
      it('has an engine', () => expect.fail('no Docker engine: npm run setup'))
    } else {
      it.skip('left out: no Docker engine (npm run setup)', () => {})
    }
  })
  console.log('docker suites left out: no Docker engine here (npm run setup installs one on Debian, as root)')
}
