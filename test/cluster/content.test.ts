import { beforeEach, describe, expect, it } from 'vitest'
import type { Exit, RunRequest } from '#contracts/engine.ts'
import type { NodeId } from '#models/ids.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

/** Finds something else under every name than its neighbours. */
class FindingEngine extends ScriptedEngine {
  readonly #found: string

  constructor(found: string, script: (request: RunRequest) => Exit) {
    super('noop', script)
    this.#found = found
  }

  async contentOf(): Promise<string> {
    return this.#found
  }
}

describe('all executions of a version run what the first one found', () => {
  let cluster: Awaited<ReturnType<typeof startOrchestrator>>
  let engines: FindingEngine[]
  /** Nodes on which a program fails. */
  let isBad: (content: string) => boolean

  beforeEach(async () => {
    cluster = started(await startOrchestrator())
    isBad = () => false
    const failure = { message: 'this node is broken', class: 'node' } as const
    engines = ['east', 'west', 'north'].map(
      (name) => new FindingEngine(name, () => (isBad(name) ? { exitCode: 1, failure } : { exitCode: 0 })),
    )
    for (const [i, name] of ['east', 'west', 'north'].entries()) {
      started(await joinCompute(cluster.port, name, { engines: [engines[i]!] }))
    }
    await until('all are connected', async () => {
      const nodes = await cluster.nodes.list()
      return nodes.filter(({ ConnectionState }) => ConnectionState.Status === 'CONNECTED').length === 3
    })
  })
  const contents = () => new Set(engines.flatMap(({ starts }) => starts.map(({ content }) => content)))

  it('when they start at the same time on different nodes [X10]', async () => {
    const id = await submitSpec(cluster.jobs, { Type: 'ops' })
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    expect(engines.map(({ starts }) => starts.length)).toEqual([1, 1, 1])
    expect([...contents()]).toEqual([expect.stringMatching(/^(east|west|north)$/)])
    const told = new Set((await cluster.jobs.executions(id)).map(({ Content }) => Content))
    expect(told).toEqual(contents())
  })

  it('when one is tried again elsewhere [X10]', async () => {
    let first = ''
    isBad = (name) => {
      first ||= name
      return name === first
    }
    const id = await submitSpec(cluster.jobs)
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    const executions = await cluster.jobs.executions(id)
    expect(executions.map(({ NodeID }) => NodeID)[0]).toBe(first as NodeId)
    expect(executions.length).toBeGreaterThan(1)
    expect(contents()).toEqual(new Set([first]))
  })

  it('and another job finds for itself [X10]', async () => {
    const ids = [await submitSpec(cluster.jobs, { Type: 'ops' }), await submitSpec(cluster.jobs, { Type: 'ops' })]
    for (const id of ids) {
      await endOf(cluster.jobs, id)
      const executions = await cluster.jobs.executions(id)
      expect(new Set(executions.map(({ Content }) => Content)).size).toBe(1)
    }
  })
})
