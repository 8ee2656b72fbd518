import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Exit, RunRequest } from '#contracts/engine.ts'
import { Fault } from '#lib/fault.ts'
import { newExecutionId, newJobId, newNodeId } from '#models/ids.ts'
import { noResources } from '#models/resources.ts'
import { SystemClock } from '#platform/clock.ts'
import { DockerApi } from '#providers/docker/api.ts'
import { dockerTarget } from '#providers/docker/docker-host.ts'
import { DockerEngine } from '#providers/docker/engine.ts'
import { executorIdOf, executorLabel, labelFilter } from '#providers/docker/names.ts'
import { type DockerSettings, defaultDockerSettings } from '#providers/docker/settings.ts'
import { httpParts } from './http-parts.ts'
import { MemorySink } from './memory-sink.ts'
import { scratchIn } from './scratch.ts'

type Listed = { Id: string; Names: string[]; Labels: Record<string, string> }
type Asked = RunRequest & { logs: MemorySink }

const never = new AbortController().signal

/** What a program in a container is asked for with; `root` is where its private folder is. */
export function containerRequest(root: string, Params: object, parts: Partial<RunRequest> = {}): Asked {
  const executionId = newExecutionId(randomUUID())
  return {
    executionId,
    jobId: newJobId(randomUUID()),
    engine: { Type: 'docker', Params: { Image: 'busybox:latest', ...Params } },
    env: {},
    inputs: [],
    engineInputs: [],
    outputs: [],
    resources: noResources(),
    network: { Type: 'None' },
    scratch: scratchIn(join(root, executionId)),
    ...parts,
    logs: new MemorySink(),
  }
}

/** The part of a request that runs a script of the shell. */
export const script = (text: string) => ({ Entrypoint: ['/bin/sh', '-c', text] })

/** What a call is refused with. */
export async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Fault)
  return error as Fault
}

/** Docker engines of one node, for the tests of a file: they are closed after each test, and none may leave a container. */
export class DockerRig {
  readonly nodeId = newNodeId(randomUUID())
  readonly executorId = executorIdOf(this.nodeId)
  readonly clock = new SystemClock()
  readonly #host: () => string
  readonly #opened: DockerEngine[] = []
  #root = ''
  #api: DockerApi | undefined

  constructor(host: () => string) {
    this.#host = host
    beforeAll(() => {
      this.#root = mkdtempSync(join(tmpdir(), 'bacalhau-docker-test-'))
    })
    afterEach(async () => {
      for (const engine of this.#opened.splice(0)) await engine.close()
      expect(await this.ours(), 'no test leaves a container').toEqual([])
    })
    afterAll(() => rmSync(this.#root, { recursive: true, force: true }))
  }

  get settings(): DockerSettings {
    return { ...defaultDockerSettings, host: this.#host() }
  }

  get api(): DockerApi {
    this.#api ??= new DockerApi(dockerTarget(this.settings), this.clock)
    return this.#api
  }

  /** A new folder that is gone with the file. */
  folder(name = 'folder'): string {
    return mkdtempSync(join(this.#root, `${name}-`))
  }

  readonly open = (more: Partial<DockerSettings> = {}, owner = this.nodeId): DockerEngine => {
    const engine = new DockerEngine({ ...this.settings, ...more }, { clock: this.clock, owner, http: httpParts() })
    this.#opened.push(engine)
    return engine
  }

  /** Every container of the node. */
  ours(): Promise<Listed[]> {
    const query = { all: true, filters: labelFilter(executorLabel, this.executorId) }
    return this.api.call<Listed[]>('GET', '/containers/json', { query })
  }

  /** Pulls what the image has for a platform. */
  pull = (fromImage: string, platform?: string): Promise<string> =>
    this.api.text('POST', '/images/create', { query: { fromImage, platform } })

  /** Has the image `from`, of whatever platform, be on the machine by the name of another. */
  async takeFor(name: string, from: string): Promise<void> {
    const [, repo, tag] = /^(.*):(.*)$/.exec(name) ?? []
    await this.pull(from)
    await this.api.call('POST', `/images/${encodeURIComponent(from)}/tag`, { query: { repo, tag } })
    await this.api.call('DELETE', `/images/${encodeURIComponent(from)}`)
  }

  readonly ask = (Params: object, parts: Partial<RunRequest> = {}): Asked => containerRequest(this.#root, Params, parts)

  readonly run = async (asked: RunRequest, engine = this.open()): Promise<Exit> =>
    (await engine.start(asked, never)).exit
}
