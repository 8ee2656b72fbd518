import { describe, expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import type { Task } from '#models/task.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec, textOfLogs } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

const isConnected = async (cluster: Awaited<ReturnType<typeof startOrchestrator>>, name: string): Promise<boolean> =>
  (await cluster.nodes.list()).some(
    (state) => state.Info.NodeID === (name as NodeId) && state.ConnectionState.Status === 'CONNECTED',
  )

describe('compute nodes that join over TCP', () => {
  it('run a job on every one of them and its output can be read [R99, R200]', async () => {
    const cluster = started(await startOrchestrator())
    for (const name of ['east', 'west']) {
      const engine = new ScriptedEngine('noop', ({ logs }) => {
        void logs.write(1, Buffer.from(`here is ${name}\n`))
        return { exitCode: 0 }
      })
      started(await joinCompute(cluster.port, name, { engines: [engine] }))
    }
    await until(
      'both are connected',
      async () => (await isConnected(cluster, 'east')) && (await isConnected(cluster, 'west')),
    )
    const id = await submitSpec(cluster.jobs, { Type: 'ops' })
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    const executions = await cluster.jobs.executions(id)
    expect(executions.map((execution) => execution.RunOutput?.Stdout).sort()).toEqual([
      'here is east\n',
      'here is west\n',
    ])
    expect(await textOfLogs(cluster.jobs, id)).toMatch(/^here is (east|west)\n$/)
  })

  it('what keeps a program from running yet is in the history of its job, for clients of all versions [R90]', async () => {
    const cluster = started(await startOrchestrator())
    const engine = new ScriptedEngine('noop', ({ onProgress }) => {
      onProgress?.('Pulling image tool:1')
      onProgress?.('Pulled image tool:1 in 3s')
      return { exitCode: 0 }
    })
    started(await joinCompute(cluster.port, 'east', { engines: [engine] }))
    await until('it is connected', () => isConnected(cluster, 'east'))
    const id = await submitSpec(cluster.jobs)
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    for (const audience of ['before-1.5', 'since-1.5'] as const) {
      const { items } = await cluster.jobs.history(id, audience, 0, 100)
      const told = items.filter(({ Event }) => Event.Topic === 'Preparing Environment')
      expect(told.map(({ Event }) => Event.Message)).toEqual(['Pulling image tool:1', 'Pulled image tool:1 in 3s'])
      expect(told.map(({ NodeID }) => NodeID)).toEqual(['east', 'east'])
    }
  })

  it('the traffic of an execution is in its details, however it ends [R154]', async () => {
    const cluster = started(await startOrchestrator())
    const traffic = { requests: 3, refused: 1, sentBytes: 10, receivedBytes: 2 ** 40 }
    const failure = { message: 'no', class: 'user' } as const
    const engine = new ScriptedEngine('noop', ({ env }) => ({ exitCode: 0, traffic, ...(env['FAIL'] && { failure }) }))
    started(await joinCompute(cluster.port, 'east', { engines: [engine] }))
    await until('it is connected', () => isConnected(cluster, 'east'))
    const [task] = jobSpec().Tasks as [Task]
    for (const [FAIL, end] of [
      ['', 'Completed'],
      ['1', 'Failed'],
    ] as const) {
      const id = await submitSpec(cluster.jobs, { Tasks: [{ ...task, Env: { FAIL } }] })
      await endOf(cluster.jobs, id)
      const [execution] = await cluster.jobs.executions(id)
      expect(execution?.ComputeState).toMatchObject({
        StateType: end,
        Details: { HTTPRequests: '3', HTTPRefused: '1', HTTPBytesSent: '10', HTTPBytesReceived: '1099511627776' },
      })
    }
  })

  it('a node that is removed while it works comes back with all its room, and takes orders again [R54, I3, W36]', async () => {
    const cluster = started(await startOrchestrator())
    const engine = new ScriptedEngine('noop', ({ env }) => (env['FOREVER'] ? new Promise(() => {}) : { exitCode: 0 }))
    started(await joinCompute(cluster.port, 'east', { engines: [engine] }))
    await until('it is connected', () => isConnected(cluster, 'east'))
    const [task] = jobSpec().Tasks as [Task]
    const whole = { Resources: { CPU: '4' }, Timeouts: { QueueTimeout: 60n } }
    const forever = await submitSpec(cluster.jobs, { Tasks: [{ ...task, ...whole, Env: { FOREVER: '1' } }] })
    await until('it runs', async () => (await cluster.jobs.get(forever)).State.StateType === 'Running')
    await cluster.nodes.remove('east' as NodeId, '')
    const states = async () => (await cluster.jobs.executions(forever)).map((e) => e.ComputeState.StateType)
    await until('what it did is lost and begun again', async () => (await states()).join() === 'Failed,Running')
    await cluster.jobs.stop(forever, '')
    const next = await submitSpec(cluster.jobs, { Tasks: [{ ...task, ...whole }] })
    expect((await endOf(cluster.jobs, next)).State.StateType).toBe('Completed')
  })

  it('followed output of megabytes arrives whole [R20]', async () => {
    const cluster = started(await startOrchestrator())
    const line = `${'x'.repeat(1023)}\n`
    const engine = new ScriptedEngine('noop', async ({ logs }) => {
      for (let n = 0; n < 5_000; n++) await logs.write(1, Buffer.from(line))
      return { exitCode: 0 }
    })
    started(await joinCompute(cluster.port, 'east', { engines: [engine] }))
    await until('it is connected', () => isConnected(cluster, 'east'))
    const id = await submitSpec(cluster.jobs)
    const text = await textOfLogs(cluster.jobs, id, { isFollowing: true })
    expect(text.length).toBe(5_000 * 1024)
    expect(text).toBe(line.repeat(5_000))
  })

  it('a job larger than one message of the bus arrives [W39]', async () => {
    const cluster = started(await startOrchestrator())
    const engine = new ScriptedEngine('noop', ({ env, logs }) => {
      void logs.write(1, Buffer.from(String(env['LARGE']?.length)))
      return { exitCode: 0 }
    })
    started(await joinCompute(cluster.port, 'east', { engines: [engine] }))
    await until('it is connected', () => isConnected(cluster, 'east'))
    const spec = jobSpec()
    const id = await submitSpec(cluster.jobs, {
      Tasks: spec.Tasks.map((task) => ({ ...task, Env: { LARGE: 'y'.repeat(3_000_000) } })),
    })
    await endOf(cluster.jobs, id)
    expect(await textOfLogs(cluster.jobs, id)).toBe('3000000')
  })

  it('a node that says goodbye gets its work replaced elsewhere [R101, W8]', async () => {
    const cluster = started(await startOrchestrator())
    const first = await joinCompute(cluster.port, 'east', {
      engines: [new ScriptedEngine('noop', () => new Promise(() => {}))],
    })
    await until('it is connected', () => isConnected(cluster, 'east'))
    const id = await submitSpec(cluster.jobs)
    await until('it runs', async () => (await cluster.jobs.executions(id))[0]?.ComputeState.StateType === 'Running')
    started(await joinCompute(cluster.port, 'west', { engines: [new ScriptedEngine('noop')] }))
    await until('the second is connected', () => isConnected(cluster, 'west'))
    await first.stop()
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    const executions = await cluster.jobs.executions(id)
    expect(executions.map((e) => [e.NodeID, e.ComputeState.StateType, e.FailureClass, e.Attempt])).toEqual([
      ['east', 'Failed', 'lost', 1],
      ['west', 'Completed', '', 2],
    ])
  })

  it('a rejected node gets no work and an approved one does [R52, R53, R204]', async () => {
    const cluster = started(await startOrchestrator({ defaultMembership: 'PENDING' }))
    started(await joinCompute(cluster.port, 'east', { engines: [new ScriptedEngine('noop')] }))
    await until('it is connected', () => isConnected(cluster, 'east'))
    const refused = await submitSpec(cluster.jobs)
    expect((await endOf(cluster.jobs, refused)).State.StateType).toBe('Failed')
    await cluster.nodes.approve('east' as NodeId, '')
    const id = await submitSpec(cluster.jobs)
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    await expect(cluster.nodes.approve('east' as NodeId, '')).rejects.toMatchObject({
      message: 'node already approved',
    })
  })
})
