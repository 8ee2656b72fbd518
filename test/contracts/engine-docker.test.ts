import { randomUUID } from 'node:crypto'
import { newNodeId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { DockerApi } from '#providers/docker/api.ts'
import { dockerTarget } from '#providers/docker/docker-host.ts'
import { DockerEngine } from '#providers/docker/engine.ts'
import { executorIdOf, executorLabel, labelFilter } from '#providers/docker/names.ts'
import { defaultDockerSettings } from '#providers/docker/settings.ts'
import { gvisorRuntime } from '../kit/docker-engine.ts'
import { httpParts } from '../kit/http-parts.ts'
import { memoryEater } from '../kit/memory-eater.ts'
import { withDocker, withGvisor, withPodman } from '../kit/with-docker.ts'
import { type EnginePrograms, engineSuite } from './engine.suite.ts'

const shell = (script: string, ...env: string[]) => ({
  Type: 'docker',
  Params: { Image: 'busybox:latest', Entrypoint: ['/bin/sh', '-c', script], EnvironmentVariables: env },
})
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

const programs: EnginePrograms = {
  prints: (stdout, stderr, exitCode) =>
    shell(`printf %s ${quoted(stdout)}; printf %s ${quoted(stderr)} >&2; exit ${exitCode}`),
  endless: shell('trap "exit 0" TERM; echo started; while true; do sleep 0.05; done'),
  deaf: shell('trap "" TERM; echo started; while true; do sleep 1; done'),
  floods: (sizeBytes) => shell(`head -c ${sizeBytes} /dev/zero`),
  cat: (path) => shell(`cat ${quoted(path)}`),
  writes: (path, text) => shell(`printf %s ${quoted(text)} > ${quoted(path)}`),
  printsVariable: (name) => shell(`echo "$${name}"`),
  printsOwnVariable: (name, value) => shell(`echo "$${name}"`, `${name}=${value}`),
  eatsMemory: shell(`echo before; ${memoryEater}`),
  unstartable: { Type: 'docker', Params: { Image: 'busybox:latest', Entrypoint: ['/no/such/program'] } },
  malformed: { Type: 'docker', Params: { Image: '' } },
}

const suiteOn =
  (name: string, runtime = '') =>
  (host: () => string) =>
    engineSuite(name, async () => {
      const nodeId = newNodeId(randomUUID())
      const clock = new SystemClock()
      const settings = { ...defaultDockerSettings, host: host(), runtime }
      const api = new DockerApi(dockerTarget(settings), clock)
      return {
        open: () => new DockerEngine(settings, { clock, owner: nodeId, http: httpParts() }),
        programs,
        isSurviving: true,
        leftOver: async () => {
          const filters = labelFilter(executorLabel, executorIdOf(nodeId))
          return (await api.call<object[]>('GET', '/containers/json', { query: { all: true, filters } })).length
        },
        close: async () => {},
      }
    })

withDocker(suiteOn('docker'))
withPodman(suiteOn('docker on Podman'))
withGvisor(suiteOn('docker with gVisor', gvisorRuntime))
