import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Attempt, attemptsOf, attentive, computeAt, witnessJob } from '../../kit/fleet.ts'
import { Product, type Server } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { completed, ended } from '../crash/processes.ts'

const jobCount = 200
const kills = 6
const betweenKills = 12

let product: Product
let witness: string
beforeEach(async () => {
  product = await Product.start()
  witness = join(product.folder, 'witness')
  await mkdir(witness)
})
afterEach(() => product?.stop())

/** Ids of the executions whose program has begun. */
const begun = async (): Promise<string[]> =>
  (await readFile(join(witness, 'starts'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

const submitAll = async (orchestrator: Server): Promise<string[]> => {
  // Work waits while no node is there.
  const Timeouts = { QueueTimeout: 600 }
  const Job = witnessJob(witness, 600, { Reschedule: { Attempts: 100, Delay: 0, MaxDelay: 1 } }, { Timeouts })
  const one = () => orchestrator.http<{ JobID: string }>('PUT', '/orchestrator/jobs', { Job })
  return Promise.all(Array.from({ length: jobCount }, async () => (await one()).body.JobID))
}

/** How many attempts of the job's one partition succeeded. */
const successesOf = (attempts: readonly Attempt[]): number =>
  attempts.filter(({ ComputeState }) => ComputeState.StateType === completed).length

describe('a cluster whose processes are killed again and again while 200 jobs run', () => {
  it('ends every job with one result, and each program that ran is known and ran once [R97, R101, I2, I4, I9]', async () => {
    const orchestrator = await product.serve({ roles: ['orchestrator'], settings: attentive })
    const settings = { 'Compute.AllowListedLocalPaths': `${witness}:rw`, 'Compute.AllocatedCapacity.CPU': '2' }
    const nodes = await Promise.all(
      ['a', 'b'].map((name) => computeAt(product, orchestrator.linkPort, name, { settings })),
    )
    const ids = await submitAll(orchestrator)
    const victims = [...nodes, orchestrator]
    for (let kill = 0; kill < kills; kill++) {
      const before = (await begun()).length
      await until(
        'work goes on',
        async () => (await begun()).length >= Math.min(before + betweenKills, jobCount),
        60_000,
      )
      const victim = victims[kill % victims.length] as Server
      await victim.stop('SIGKILL')
      await victim.start()
    }
    const attempts: Attempt[] = []
    for (const id of ids) {
      expect((await ended(orchestrator.port, id, 120_000)).Job.State).toMatchObject({ StateType: 'Completed' })
      const own = await attemptsOf(orchestrator, id)
      expect([id, successesOf(own)]).toEqual([id, 1])
      attempts.push(...own)
    }
    const starts = await begun()
    expect(new Set(starts).size).toBe(starts.length)
    const known = new Set(attempts.map(({ ID }) => ID))
    expect(starts.filter((id) => !known.has(id))).toEqual([])
    // Work was really interrupted, and done again.
    expect(starts.length).toBeGreaterThan(jobCount)
  })
})
