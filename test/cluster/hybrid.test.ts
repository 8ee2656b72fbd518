import { afterEach, describe, expect, it } from 'vitest'
import { no, yes } from '#contracts/verdict.ts'
import type { JobId } from '#models/ids.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Task } from '#models/task.ts'
import { startHybrid } from '../kit/cluster.ts'
import { doorTo } from '../kit/gated.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { until } from '../kit/until.ts'

type Cluster = Awaited<ReturnType<typeof startHybrid>>
let cluster: Cluster

afterEach(() => cluster.stop())

const submit = (spec: Parameters<typeof jobSpec>[0] = {}) =>
  cluster.jobs.submit({ spec: jobSpec(spec), isForced: false, naming: 'independent', warnings: [] })

const ended = async (id: JobId) => {
  for (let index = 0; ; ) {
    const job = await cluster.jobs.wait(id, index, 50_000, new AbortController().signal)
    if (isTerminalJob(job.State.StateType)) return job
    if (job.Revision === index) throw new Error(`still ${job.State.StateType}: ${job.State.Message}`)
    index = job.Revision
  }
}

describe('a hybrid node', () => {
  it('runs a batch job to its end and tells its life [R98, R128]', async () => {
    cluster = await startHybrid({
      engines: [
        new ScriptedEngine('noop', (request) => {
          void request.logs.write(1, Buffer.from('hello\n'))
          return { exitCode: 0 }
        }),
      ],
    })
    const { JobID } = await submit()
    const job = await ended(JobID)
    expect(job.State.StateType).toBe('Completed')
    expect(job.Revision).toBe(3)
    const [execution] = await cluster.jobs.executions(JobID)
    expect(execution?.ComputeState.StateType).toBe('Completed')
    expect(execution?.Revision).toBe(6)
    expect(execution?.RunOutput?.Stdout).toBe('hello\n')
    const lines = await cluster.jobs.history(JobID, 'before-1.5', 0, 100)
    expect(lines.items.map((line) => [line.Type[0], line.NewRevision])).toEqual([
      ['J', 1],
      ['E', 1],
      ['E', 2],
      ['E', 3],
      ['E', 4],
      ['J', 2],
      ['E', 5],
      ['E', 6],
      ['J', 3],
    ])
    const newer = await cluster.jobs.history(JobID, 'since-1.5', 0, 100)
    expect(newer.items.map((line) => [line.SeqNum, line.Event.Message])).toEqual([
      [1, 'Job submitted'],
      [2, 'Requested execution on node-0'],
      [3, 'Running'],
      [4, 'Running'],
      [5, 'Completed successfully'],
      [6, 'Completed'],
    ])
  })

  it('stores an order that it accepts at once together with its start, and first as it came where an engine takes its time', async () => {
    const engine = new ScriptedEngine('noop')
    cluster = await startHybrid({ engines: [engine] })
    const { store } = cluster
    const stored: string[] = []
    const commit = store.commit.bind(store)
    store.commit = (change) => {
      for (const { state } of [...(change.putWork ?? []), ...(change.updateWork ?? [])]) stored.push(state)
      return commit(change)
    }
    await ended((await submit()).JobID)
    expect(stored).toEqual(['Running'])
    const asked = Promise.withResolvers<typeof yes>()
    engine.accepts = () => asked.promise
    const { JobID } = await submit()
    await until('it is stored', () => stored.length > 1)
    expect(stored).toEqual(['Running', 'New'])
    asked.resolve(yes)
    await ended(JobID)
    expect(stored).toEqual(['Running', 'New', 'Running'])
  })

  it('has jobs wait that come before its own engines were asked', async () => {
    let early: JobId | undefined
    cluster = await startHybrid({
      engines: [new ScriptedEngine('noop')],
      settings: { settleMs: 60_000 },
      beforeNode: async (jobs) => {
        early = await submitSpec(jobs)
        await until('it was tried', async () => (await jobs.history(early!, 'since-1.5', 0, 9)).items.length > 1)
      },
    })
    expect((await ended(early!)).State.StateType).toBe('Completed')
  })

  it('gives programs ports of the machine, each its own, and tells them their numbers', async () => {
    const engine = new ScriptedEngine('noop')
    cluster = await startHybrid({ engines: [engine] })
    const [task] = jobSpec().Tasks as [Task]
    const Network = { Type: 'Default', Ports: [{ Name: 'web', Target: 80 }, { Name: 'self' }] } as const
    const { JobID } = await submit({
      Count: 2,
      Tasks: [{ ...task, Network: { ...Network, Ports: [...Network.Ports] } }],
    })
    expect((await ended(JobID)).State.StateType).toBe('Completed')
    const seen = engine.starts.map(({ env, network }) => {
      const [web, self] = network.Ports ?? []
      expect(env).toMatchObject({
        BACALHAU_PORT_web: '80',
        BACALHAU_HOST_PORT_web: String(web?.Static),
        BACALHAU_PORT_self: String(self?.Static),
        BACALHAU_HOST_PORT_self: String(self?.Static),
      })
      return [web?.Static, self?.Static]
    })
    expect(new Set(seen.flat()).size).toBe(4)
    for (const port of seen.flat()) expect(port).toBeGreaterThanOrEqual(20_000)
  })

  it('declines a job whose port somebody else has', async () => {
    const taken = await doorTo(() => {})
    cluster = await startHybrid({ engines: [new ScriptedEngine('noop')] })
    const [task] = jobSpec().Tasks as [Task]
    const Ports = [{ Name: 'web', Static: taken.port, HostNetwork: '127.0.0.1' }]
    const { JobID } = await submit({ Tasks: [{ ...task, Network: { Type: 'Default', Ports } }] })
    expect((await ended(JobID)).State.StateType).toBe('Failed')
    const [execution] = await cluster.jobs.executions(JobID)
    expect(execution?.ComputeState.Message).toContain(`port ${taken.port} of this node is taken`)
    await taken.close()
  })

  it('asks again for a port that another job has, as long as the job may wait', async () => {
    const free = await doorTo(() => {})
    const { port: Static } = free
    await free.close()
    const first = Promise.withResolvers<{ exitCode: number }>()
    const engine = new ScriptedEngine('noop', () => (engine.starts.length === 1 ? first.promise : { exitCode: 0 }))
    cluster = await startHybrid({ engines: [engine] })
    const [task] = jobSpec().Tasks as [Task]
    const withPort: Task = { ...task, Network: { Type: 'Default', Ports: [{ Name: 'web', Static }] } }
    const holder = await submit({ Tasks: [withPort] })
    await until('it has the port', () => engine.starts.length === 1)
    const { JobID } = await submit({ Tasks: [{ ...withPort, Timeouts: { QueueTimeout: 60n } }] })
    const job = () => cluster.jobs.get(JobID)
    await until('it waits', async () => (await job()).State.StateType === 'Queued')
    expect((await job()).State.Message).toMatch(/\nWho declined it is asked again, the first at 2[-0-9T:.]+Z\.$/)
    first.resolve({ exitCode: 0 })
    expect((await ended(holder.JobID)).State.StateType).toBe('Completed')
    expect((await ended(JobID)).State.StateType).toBe('Completed')
  })

  it('gives the port of a service to its next version, once the one before has ended', async () => {
    const free = await doorTo(() => {})
    const { port: Static } = free
    await free.close()
    const engine = new ScriptedEngine('noop', () => new Promise(() => {}))
    cluster = await startHybrid({ engines: [engine] })
    const [task] = jobSpec().Tasks as [Task]
    const Network: Task['Network'] = { Type: 'Default', Ports: [{ Name: 'web', Static }] }
    const version = (TEXT: string) =>
      cluster.jobs.submit({
        spec: jobSpec({ Name: 'web', Type: 'service', Tasks: [{ ...task, Network, Env: { TEXT } }] }),
        isForced: false,
        naming: 'versioned',
        warnings: [],
      })
    await version('first')
    await until('it has the port', () => engine.starts.length === 1)
    const { JobID } = await version('second')
    await until('so has the next', () => engine.starts.length === 2)
    expect((await cluster.jobs.get(JobID)).State.StateType).not.toBe('Failed')
    const ends = (await cluster.jobs.executions(JobID)).map(({ ComputeState }) => ComputeState.StateType)
    expect(ends).toEqual(['Cancelled', 'Running'])
  })

  it('runs more partitions than fit at a time, never more than fit [R98, I5]', async () => {
    let running = 0
    let most = 0
    const full = Promise.withResolvers<void>()
    cluster = await startHybrid({
      engines: [
        new ScriptedEngine('noop', async () => {
          most = Math.max(most, ++running)
          if (most === 8) full.resolve()
          await full.promise
          running -= 1
          return { exitCode: 0 }
        }),
      ],
    })
    const { JobID } = await submit({ Count: 50 })
    expect((await ended(JobID)).State.StateType).toBe('Completed')
    expect((await cluster.jobs.executions(JobID)).length).toBe(50)
    expect(most).toBe(8)
  })

  it('knows of an ops execution that it runs, and since when, though its node was not asked whether it would [W35, W26]', async () => {
    cluster = await startHybrid({ engines: [new ScriptedEngine('noop', () => new Promise(() => {}))] })
    const JobID = await submitSpec(cluster.jobs, { Type: 'ops' })
    await until('it runs', async () =>
      (await cluster.jobs.executions(JobID)).some(
        ({ ComputeState, StartTime }) => ComputeState.StateType === 'Running' && StartTime > 0n,
      ),
    )
  })

  it('stops a running job [R25, I8]', async () => {
    cluster = await startHybrid({ engines: [new ScriptedEngine('noop', () => new Promise(() => {}))] })
    const { JobID } = await submit()
    await cluster.jobs.wait(JobID, 1, 50_000, new AbortController().signal)
    await cluster.jobs.stop(JobID, 'enough')
    const job = await ended(JobID)
    expect(job.State).toEqual({ StateType: 'Stopped', Message: 'Job requested to stop before completion' })
    await expect
      .poll(async () => (await cluster.jobs.executions(JobID)).map(({ ComputeState }) => ComputeState.StateType))
      .toEqual(['Cancelled'])
  })

  it('fails a job that nothing can run, with the reason [R122]', async () => {
    cluster = await startHybrid({ engines: [] })
    const { JobID } = await submit()
    const job = await ended(JobID)
    expect(job.State.Message).toBe(
      'not enough nodes to run job. requested: 1, available: 1, suitable: 0.\n• Node node-0: does not support noop, only ',
    )
  })

  it('says why an engine does not work on a node [R122, W45]', async () => {
    const isInstalled = async () => no('cannot reach its daemon')
    const engine = Object.assign(new ScriptedEngine('noop'), { isInstalled })
    cluster = await startHybrid({ engines: [engine] })
    const { JobID } = await submit()
    const { Message } = (await ended(JobID)).State
    expect(Message).toMatch(/\n• Node node-0: does not support noop, only {2}\(noop: cannot reach its daemon\)$/)
  })

  it('tries a transient failure twice and then names the cause [R104, W27]', async () => {
    const engine = new ScriptedEngine('noop', () => ({
      exitCode: -1,
      failure: { message: 'it broke', class: 'transient' },
    }))
    cluster = await startHybrid({ engines: [engine] })
    const { JobID } = await submit({ Reschedule: { Attempts: 2, Delay: 0 } })
    const job = await ended(JobID)
    expect(job.State.Message?.split('\n')[0]).toBe('execution error: it broke')
    expect(engine.starts.length).toBe(2)
  })
})
