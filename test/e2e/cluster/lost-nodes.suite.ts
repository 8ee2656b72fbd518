import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { attemptsOf, attentive, computeAt, frequent, untilNode, witnessJob } from '../../kit/fleet.ts'
import { Product, type Server } from '../../kit/product.ts'
import { type Relay, relay } from '../../kit/relay.ts'
import { until } from '../../kit/until.ts'
import { completed, ended } from '../crash/processes.ts'

/**
 * Nodes that are killed, frozen or cut off. `broker` makes what is between an orchestrator and its nodes: the settings
 * that name it, none for a broker of its own.
 */
export const lostNodesSuite = (name: string, broker: () => Promise<Record<string, string>>): void => {
  describe(name, () => {
    let product: Product
    let orchestrator: Server
    let witness: string
    beforeEach(async () => {
      product = await Product.start()
      orchestrator = await product.serve({ roles: ['orchestrator'], settings: { ...attentive, ...(await broker()) } })
      witness = join(product.folder, 'witness')
      await mkdir(witness)
    })
    afterEach(() => product?.stop())

    const node = (name: string, linkPort = orchestrator.linkPort): Promise<Server> =>
      computeAt(product, linkPort, name, { settings: { 'Compute.AllowListedLocalPaths': `${witness}:rw` } })

    /** Ids of the executions whose program has begun, in this order; one that was begun twice stands there twice. */
    const begun = async (): Promise<string[]> =>
      (await readFile(join(witness, 'starts'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

    const untilBegun = (count: number): Promise<void> =>
      until(`${count} programs have begun`, async () => (await begun()).length === count)

    const current = async (id: string) =>
      (await attemptsOf(orchestrator, id)).filter(({ DesiredState }) => DesiredState.StateType !== 2)

    describe('work of a node that is gone', () => {
      it('a service is kept at its Count when a node is killed [R97, R101]', async () => {
        const [first] = [await node('first'), await node('second')]
        const id = await orchestrator.submit(witnessJob(witness, 600_000, { Type: 'service', Count: 4 }))
        await untilBegun(4)
        const before = await current(id)
        const onFirst = before.filter(({ NodeID }) => NodeID === 'first').length
        await first.stop('SIGKILL')
        await untilBegun(4 + onFirst)
        const after = await current(id)
        expect(after.map(({ NodeID }) => NodeID)).toEqual(['second', 'second', 'second', 'second'])
        expect(onFirst).toBeGreaterThan(0)
        await orchestrator.ok(['job', 'stop', id])
      })

      it('a frozen node is replaced; when it goes on, its work ends and each partition has one result [R101, R103]', async () => {
        const frozen = await node('frozen')
        const id = await orchestrator.submit(witnessJob(witness, 3_000, { Count: 3 }))
        const service = await orchestrator.submit(witnessJob(witness, 600_000, { Type: 'service' }))
        await untilBegun(4)
        await until('it says what it runs', async () => (await runningOn('frozen')) === 4)
        process.kill(frozen.pid, 'SIGSTOP')
        await node('other')
        const job = (await ended(orchestrator.port, id)).Job
        expect(job.State.StateType).toBe('Completed')
        const results = (await attemptsOf(orchestrator, id)).filter((each) => each.ComputeState.StateType === completed)
        process.kill(frozen.pid, 'SIGCONT')
        await untilNode(orchestrator, 'frozen', 'APPROVED CONNECTED')
        expect(results.map((each) => `${each.NodeID} ${each.PartitionIndex ?? 0}`).sort()).toEqual([
          'other 0',
          'other 1',
          'other 2',
        ])
        // Also the program of ten minutes, which runs elsewhere by now.
        await until('nothing runs on it', async () => (await runningOn('frozen')) === 0)
        expect((await current(service)).map(({ NodeID }) => NodeID)).toEqual(['other'])
        expect(
          (await attemptsOf(orchestrator, id)).filter((each) => each.ComputeState.StateType === completed),
        ).toEqual(results)
      })
    })

    const runningOn = async (name: string): Promise<number> => {
      type Shown = { Info: { ComputeNodeInfo: { RunningExecutions: number } } }
      return (await orchestrator.http<{ Node: Shown }>('GET', `/orchestrator/nodes/${name}`)).body.Node.Info
        .ComputeNodeInfo.RunningExecutions
    }

    describe('a connection that breaks', () => {
      /** Counts no node as lost within a test, however slow the machine is. */
      const patient = async (): Promise<Server> => {
        const settings = { ...frequent, ...(await broker()) }
        return product.serve({ roles: ['orchestrator'], name: 'patient', settings })
      }
      const lineTo = async (server: Server): Promise<Relay> => {
        const line = await relay(server.linkPort)
        lines.push(line)
        return line
      }
      const lines: Relay[] = []
      afterEach(async () => {
        for (const line of lines.splice(0)) await line.close()
      })

      it('is made again, and what ended meanwhile is told then [R103]', async () => {
        const server = await patient()
        const line = await lineTo(server)
        const far = await node('far', line.port)
        const id = await server.submit(witnessJob(witness, 500, { Count: 4 }))
        await untilBegun(4)
        line.cut()
        type Self = { ComputeNodeInfo: { RunningExecutions: number } }
        const running = async () => (await far.http<Self>('GET', '/agent/node')).body.ComputeNodeInfo.RunningExecutions
        await until('all have ended', async () => (await running()) === 0)
        line.mend()
        expect((await ended(server.port, id)).Job.State.StateType).toBe('Completed')
        expect(await begun()).toHaveLength(4)
      })

      it('that is silent for long makes its node lost, and it comes back when it is not silent any more [R101, R103]', async () => {
        const line = await lineTo(orchestrator)
        await node('far', line.port)
        const id = await orchestrator.submit(witnessJob(witness, 500, { Count: 4 }))
        await untilBegun(4)
        line.silence()
        await untilNode(orchestrator, 'far', 'APPROVED DISCONNECTED')
        line.mend()
        expect((await ended(orchestrator.port, id)).Job.State.StateType).toBe('Completed')
        await untilNode(orchestrator, 'far', 'APPROVED CONNECTED')
        const results = (await attemptsOf(orchestrator, id)).filter((each) => each.ComputeState.StateType === completed)
        expect(results.map(({ PartitionIndex }) => PartitionIndex ?? 0).sort()).toEqual([0, 1, 2, 3])
      })

      it('again and again while jobs come loses none of them [R97, R103]', async () => {
        const server = await patient()
        const line = await lineTo(server)
        await node('far', line.port)
        const ids: string[] = []
        for (let round = 0; round < 6; round++) {
          ids.push(await server.submit(witnessJob(witness, 100, { Count: 2 })))
          if (round % 2 === 0) line.cut()
          else line.silence()
          ids.push(await server.submit(witnessJob(witness, 100, { Count: 2 })))
          line.mend()
        }
        for (const id of ids) expect((await ended(server.port, id, 60_000)).Job.State.StateType).toBe('Completed')
      })
    })
  })
}
