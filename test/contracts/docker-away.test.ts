import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningProgram, RunRequest } from '#contracts/engine.ts'
import { newExecutionId, newJobId, newNodeId } from '#models/ids.ts'
import { noResources } from '#models/resources.ts'
import { SystemClock } from '#platform/clock.ts'
import { DockerEngine } from '#providers/docker/engine.ts'
import { writeExit } from '#providers/docker/exit-record.ts'
import { defaultDockerSettings } from '#providers/docker/settings.ts'
import { ownDockerEngine } from '../kit/docker-engine.ts'
import type { OwnEngine } from '../kit/engine-process.ts'
import { httpParts } from '../kit/http-parts.ts'
import { MemorySink } from '../kit/memory-sink.ts'
import { scratchIn } from '../kit/scratch.ts'
import { until } from '../kit/until.ts'
import { withOwnDocker } from '../kit/with-docker.ts'

const never = new AbortController().signal
const clock = new SystemClock()

/** What becomes of programs when the engine goes away and comes back; each suite has one that no other uses. */
function withEngine(extra: string[], tests: (parts: { own: () => OwnEngine; start: Start }) => void): void {
  let own: OwnEngine
  let engine: DockerEngine
  let root: string
  const owner = newNodeId(randomUUID())
  const open = () => new DockerEngine({ ...defaultDockerSettings, host: own.host }, { clock, owner, http: httpParts() })
  beforeAll(async () => {
    own = await ownDockerEngine(...extra)
    engine = open()
    root = mkdtempSync(join(tmpdir(), 'bacalhau-away-'))
  })
  afterAll(async () => {
    await engine.close()
    await own.stop()
    rmSync(root, { recursive: true, force: true })
  })
  const start: Start = async (script) => {
    const executionId = newExecutionId(randomUUID())
    const logs = new MemorySink()
    const signals = mkdtempSync(join(root, 'signals-'))
    const request: RunRequest = {
      executionId,
      jobId: newJobId(randomUUID()),
      engine: { Type: 'docker', Params: { Image: 'busybox', Entrypoint: ['/bin/sh', '-c', script] } },
      env: {},
      inputs: [],
      engineInputs: [],
      outputs: [{ resultPath: { Name: 'signals', Path: '/signals' }, hostPath: signals }],
      resources: noResources(),
      network: { Type: 'None' },
      logs,
      scratch: scratchIn(join(root, executionId)),
    }
    const program = await engine.start(request, never)
    await logs.untilPrinted('started')
    const leave = async () => {
      await engine.close()
      engine = open()
      return engine
    }
    return { request, program, logs, goOn: () => writeFileSync(join(signals, 'go-on'), ''), leave }
  }
  tests({ own: () => own, start })
}
type Started = {
  request: RunRequest
  program: RunningProgram
  logs: MemorySink
  goOn(): void
  /** The node ends; what it is in its next life. */
  leave(): Promise<DockerEngine>
}
type Start = (script: string) => Promise<Started>

const obedient = 'trap "exit 0" TERM; echo started; while true; do sleep 0.05; done'

withOwnDocker(() => {
  describe('an engine whose containers end with it', () => {
    withEngine([], ({ own, start }) => {
      it('fails a program that it ended, however well the program took that, as a failure of the node', async () => {
        const { program } = await start(obedient)
        await own().end('SIGTERM')
        await own().comeBack()
        expect(await program.exit).toMatchObject({
          failure: { class: 'node', message: expect.stringContaining('ended the program before it was done') },
        })
      })
    })
  })

  describe('an engine whose containers outlive it', () => {
    withEngine(['--live-restore'], ({ own, start }) => {
      it('goes on with a program and its output when it comes back from a crash', async () => {
        const { program, logs, goOn } = await start(
          'echo started; until [ -e /signals/go-on ]; do sleep 0.05; done; echo ended; exit 3',
        )
        await own().end('SIGKILL')
        await own().comeBack()
        goOn()
        expect(await program.exit).toEqual({ exitCode: 3 })
        expect(logs.stdout).toBe('started\nended\n')
      })

      it('goes on with the output of a program that runs on, at once and not only when it ends', async () => {
        const { program, logs, goOn } = await start(
          'echo started; until [ -e /signals/go-on ]; do sleep 0.05; done; echo again; while true; do sleep 0.05; done',
        )
        await own().end('SIGKILL')
        await own().comeBack()
        goOn()
        await logs.untilPrinted('again')
        await program.stop(0)
        expect(logs.stdout).toBe('started\nagain\n')
      })

      it('is waited for when the node comes back before it', async () => {
        const { request, logs, goOn, leave } = await start(
          'echo started; until [ -e /signals/go-on ]; do sleep 0.05; done; exit 6',
        )
        expect(logs.stdout).toBe('started\n')
        const next = await leave()
        await own().end('SIGKILL')
        const attached = next.attach(request, never)
        await own().comeBack()
        goOn()
        expect(await (await attached)?.exit).toEqual({ exitCode: 6 })
      })

      it('stops a program that was to be stopped while it was away, and gives it its grace then', async () => {
        const { program } = await start('trap "exit 5" TERM; echo started; while true; do sleep 0.05; done')
        await own().end('SIGKILL')
        const graceMs = 60_000
        const stopped = program.stop(graceMs)
        await own().comeBack()
        await stopped
        expect(await program.exit).toEqual({ exitCode: 5 })
      })

      it('gets rid of a container that it could not remove because it was away, however short that was [X21]', async () => {
        const { request, leave } = await start(obedient)
        await writeExit(request.scratch, { exitCode: 0 })
        const next = await leave()
        await own().end('SIGKILL')
        expect(await (await next.attach(request, never))?.exit).toEqual({ exitCode: 0 })
        await own().comeBack()
        const ofExecution = ['--filter', `name=${request.executionId}`]
        const list = () => execFileSync('docker', ['-H', own().host, 'ps', '-aq', ...ofExecution], { encoding: 'utf8' })
        await until('it is gone', () => list() === '')
      })

      it('fails a program that somebody else has it end', async () => {
        const { program } = await start(obedient)
        const [id = ''] = execFileSync('docker', ['-H', own().host, 'ps', '-q'], { encoding: 'utf8' }).split('\n')
        execFileSync('docker', ['-H', own().host, 'stop', id])
        expect(await program.exit).toMatchObject({ exitCode: 0, failure: { class: 'node' } })
      })
    })
  })
})
