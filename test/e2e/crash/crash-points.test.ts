import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../kit/free-ports.ts'
import type { CrashingNode } from './crashing-node.ts'
import { nodeProgram } from './node-program.ts'
import {
  completed,
  ended,
  jobIds,
  kill,
  type NodeProcess,
  type ShownJob,
  startNodeProcess,
  submit,
} from './processes.ts'

const program = nodeProgram()
const module = await readFile(join(import.meta.dirname, '../../fixtures/wasm/witness.wasm'))

let folder: string
let running: NodeProcess[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bacalhau-crash-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((node) => kill(node)))
  await rm(folder, { recursive: true, force: true })
})

const start = (options: CrashingNode): NodeProcess => {
  const node = startNodeProcess(program(), options)
  running.push(node)
  return node
}

const witnessJob = (ms: number, noiseMib = 0) => ({
  Name: 'witness',
  Type: 'batch',
  Count: 1,
  Tasks: [
    {
      Name: 'main',
      Engine: {
        Type: 'wasm',
        Params: {
          EntryModule: {
            Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${module.toString('base64')}` } },
            Target: '/main.wasm',
          },
          Entrypoint: '_start',
          Parameters: [String(ms), String(noiseMib)],
        },
      },
      Publisher: { Type: 'local' },
      InputSources: [
        { Source: { Type: 'localDirectory', Params: { SourcePath: folder, ReadWrite: true } }, Target: '/witness' },
      ],
    },
  ],
})

const witnesses = async (): Promise<string[]> =>
  (await readFile(join(folder, 'starts'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')

/** Nothing is lost, and no start is hidden from the user (I1, I4, I9). */
const check = async (shown: ShownJob): Promise<void> => {
  expect(shown.Job.State, JSON.stringify(shown.Executions.Items)).toEqual({ StateType: 'Completed' })
  const executions = shown.Executions.Items
  expect(executions.filter((e) => e.ComputeState.StateType === completed).length).toBe(1)
  const shownIds = executions.filter((e) => (e.StartTime ?? 0) > 0).map((e) => e.ID)
  const starts = await witnesses()
  expect(starts.length).toBeGreaterThanOrEqual(1)
  expect(starts.filter((id) => !shownIds.includes(id))).toEqual([])
  expect(new Set(starts).size).toBe(starts.length)
}

/** The same node in its next life, once it is ready. */
const again = async (): Promise<{ apiPort: number; linkPort: number }> => {
  const second = start(hybrid(0, 0, false))
  const ports = await second.ready
  if (!ports) throw new Error(`no second start: ${second.errors()}`)
  return ports
}

const hybrid = (linkPort: number, killAtCommit: number, isKilledBefore: boolean): CrashingNode => ({
  folder: join(folder, 'node'),
  roles: { isOrchestrator: true, isCompute: true },
  name: 'hybrid',
  linkPort,
  witnessFolder: folder,
  killAtCommit,
  isKilledBefore,
})

describe('a hybrid node that is killed at its n-th commit', () => {
  for (const isKilledBefore of [true, false]) {
    const where = isKilledBefore ? 'before it is durable' : 'after it is durable, before anybody is told'
    for (const commit of [1, 2, 3, 4, 5, 6]) {
      it(`${commit}, ${where}, loses nothing and hides no start [I1, I4, W1]`, async () => {
        const first = start(hybrid(0, commit, isKilledBefore))
        const ports = await first.ready
        const acknowledged = ports ? await submit(ports.apiPort, witnessJob(0)) : undefined
        if (acknowledged && ports)
          await Promise.race([first.gone, ended(ports.apiPort, acknowledged).catch(() => undefined)])
        await kill(first)
        const { apiPort } = await again()
        const known = await jobIds(apiPort)
        if (acknowledged) expect(known).toContain(acknowledged)
        const id = known[0] ?? (await submit(apiPort, witnessJob(0)))
        await check(await ended(apiPort, id as string))
      })
    }
  }
})

describe('an orchestrator and a compute node of their own', () => {
  const pair = async (whoDies: 'orchestrator' | 'compute', commit: number, isKilledBefore: boolean) => {
    const linkPort = await freePort()
    const orchestrator = (killAt: number): CrashingNode => ({
      ...hybrid(linkPort, killAt, isKilledBefore),
      folder: join(folder, 'orchestrator'),
      roles: { isOrchestrator: true, isCompute: false },
      name: 'orchestrator',
    })
    const compute = (killAt: number): CrashingNode => ({
      ...hybrid(linkPort, killAt, isKilledBefore),
      folder: join(folder, 'compute'),
      roles: { isOrchestrator: false, isCompute: true },
      name: 'worker',
    })
    const nodes = {
      orchestrator: start(orchestrator(whoDies === 'orchestrator' ? commit : 0)),
      compute: start(compute(whoDies === 'compute' ? commit : 0)),
    }
    const again = (): void => {
      if (whoDies === 'orchestrator') nodes.orchestrator = start(orchestrator(0))
      else nodes.compute = start(compute(0))
    }
    return { nodes, again }
  }

  const life = async (whoDies: 'orchestrator' | 'compute', commit: number, isKilledBefore: boolean): Promise<void> => {
    const { nodes, again } = await pair(whoDies, commit, isKilledBefore)
    const ports = await nodes.orchestrator.ready
    const job = {
      ...witnessJob(0),
      Tasks: witnessJob(0).Tasks.map((task) => ({ ...task, Timeouts: { QueueTimeout: 60 } })),
    }
    let id = ports ? await submit(ports.apiPort, job) : undefined
    const isAcknowledged = id !== undefined
    await Promise.race([
      nodes[whoDies].gone,
      ports && id ? ended(ports.apiPort, id).catch(() => nodes[whoDies].gone) : nodes[whoDies].gone,
    ])
    await kill(nodes[whoDies])
    again()
    const now = await nodes.orchestrator.ready
    if (!now) throw new Error(`no second start: ${nodes.orchestrator.errors()}`)
    const known = await jobIds(now.apiPort)
    if (isAcknowledged) expect(known).toContain(id)
    id = known[0] ?? (await submit(now.apiPort, job))
    await check(await ended(now.apiPort, id as string))
  }

  for (const commit of [2, 3, 4, 5, 6]) {
    it(`orchestrator killed after commit ${commit}, messages stored but not yet sent [I1, I4, W5]`, () =>
      life('orchestrator', commit, false))
    it(`orchestrator killed before commit ${commit} [I1, I4]`, () => life('orchestrator', commit, true))
  }
  for (const commit of [1, 2, 3, 4, 5]) {
    it(`compute killed after commit ${commit}, messages applied but not acknowledged [I1, I4, W7]`, () =>
      life('compute', commit, false))
    it(`compute killed before commit ${commit}, messages received but not applied [I1, I4, W7]`, () =>
      life('compute', commit, true))
  }
})

describe('a hybrid node that is killed from outside', () => {
  /** A node that has this job to do. */
  const withJob = async (job: object): Promise<{ first: NodeProcess; id: string }> => {
    const first = start(hybrid(0, 0, false))
    const ports = await first.ready
    const id = ports && (await submit(ports.apiPort, job))
    if (!id) throw new Error(first.errors())
    return { first, id }
  }
  /** Kills it; the job as it ends in its next life. */
  const afterKill = async ({ first, id }: { first: NodeProcess; id: string }): Promise<ShownJob> => {
    await kill(first)
    const { apiPort } = await again()
    const shown = await ended(apiPort, id)
    await check(shown)
    return shown
  }

  for (const delay of [0, 1, 2, 3, 4]) {
    it(`while the program runs (${delay}), runs it again and says so [I4, W33]`, async () => {
      const killed = await withJob(witnessJob(1_500))
      for (let n = 0; (await witnesses()).length === 0; n++)
        await new Promise((resolve) => setTimeout(resolve, 5 + delay))
      const shown = await afterKill(killed)
      expect((await witnesses()).length).toBe(2)
      expect(shown.Executions.Items.length).toBe(2)
    })
  }

  for (const round of [1, 2, 3, 4, 5]) {
    it(`while the result is published (${round}), publishes one whole result [I4, I9]`, async () => {
      const killed = await withJob(witnessJob(0, 24))
      const results = join(folder, 'node/results')
      const isPublishing = async () => (await readdir(results).catch(() => [])).length > 0
      while (!(await isPublishing())) await new Promise((resolve) => setImmediate(resolve))
      const shown = await afterKill(killed)
      const urls = shown.Executions.Items.flatMap((e) => e.PublishedResult?.Params?.URL ?? [])
      expect(urls.length).toBe(1)
      const archive = gunzipSync(Buffer.from(await (await fetch(urls[0] as string)).arrayBuffer()))
      expect(archive.length).toBeGreaterThan(24 * 1024 * 1024)
    })
  }
})
