import { randomUUID } from 'node:crypto'
import { atMost, type Figure } from '../figures.ts'
import { checkEcho, echoJob, emptyJob, end, submit, waitingJob } from '../jobs.ts'
import { spread, timed, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Bench, Scenario } from '../scenario.ts'

/** `kill -9` just after jobs were acknowledged: how soon the API is back, and whether each job ran. */
export const b8: Scenario = {
  id: 'B8',
  about: 'kill -9',
  async measure(bench) {
    return [...(await acknowledged(bench)), ...(await fullStore(bench))]
  },
}

async function acknowledged({ runs }: Bench): Promise<Figure[]> {
  const back: number[] = []
  const neverRun: number[] = []
  for (let i = 0; i < runs; i++) {
    const product = await Product.start('hybrid')
    const jobs: { id: string; nonce: string }[] = []
    await withConnections(
      () => product.connection(),
      8,
      (all) =>
        spread(all, 100, async (connection) => {
          const nonce = randomUUID()
          jobs.push({ nonce, id: await submit(connection, echoJob(nonce)) })
        }),
    )
    await product.end('SIGKILL')
    let again = product
    back.push(
      await timed(async () => {
        again = await Product.start('hybrid', { dir: product.dir })
      }),
    )
    let ran = 0
    await withConnections(
      () => again.connection(),
      8,
      (all) =>
        spread(all, jobs.length, async (connection, n) => {
          const { id } = jobs[n]!
          if ((await end(connection, id)).State.StateType === 'Completed') ran++
        }),
    )
    neverRun.push(jobs.length - ran)
    await again.remove()
  }
  return [
    { id: 'B8', what: 'kill -9 until the API answers', unit: 'ms', runs: back, ...atMost(300, 'ms') },
    {
      id: 'B8',
      what: 'of 100 jobs acknowledged just before, never completed',
      unit: '',
      runs: neverRun,
      ...atMost(0, ''),
    },
  ]
}

/** The same with many jobs stored: finished ones, and ones that wait. */
async function fullStore({ runs, scale }: Bench): Promise<Figure[]> {
  const finished = Math.ceil(100_000 * scale)
  const waiting = Math.ceil(10_000 * scale)
  const accept: number[] = []
  const place: number[] = []
  const product = await Product.start('orchestrator')
  await withConnections(
    () => product.connection(),
    4,
    async (all) => {
      const post = (count: number, make: (i: number) => Record<string, unknown>) =>
        spread(all, Math.ceil(count / 500), async (connection, batch) => {
          const Jobs = Array.from({ length: 500 }, (_, i) => make(batch * 500 + i))
          const { status } = await connection.ask('POST', '/api/v1/orchestrator/jobs/batch', JSON.stringify({ Jobs }))
          if (status !== 200) throw new Error(`filling answered ${status}`)
        })
      await post(finished, (i) => emptyJob(`finished-${i}`))
      await post(waiting, (i) => ({
        ...waitingJob(`waiting-${i}`),
        Constraints: [{ Key: 'nowhere', Operator: 'exists' }],
      }))
    },
  )
  await product.end('SIGKILL')
  let last = product
  for (let i = 0; i < runs; i++) {
    const started = performance.now()
    last = await Product.start('hybrid', { dir: product.dir })
    const connection = last.connection()
    const nonce = randomUUID()
    const id = await submit(connection, echoJob(nonce))
    accept.push(performance.now() - started)
    await end(connection, id)
    place.push(performance.now() - started)
    await checkEcho(connection, id, nonce)
    connection.close()
    await last.end('SIGKILL')
  }
  await last.remove()
  const what = `restart with ${finished.toLocaleString('en-US')} finished and ${waiting.toLocaleString('en-US')} waiting jobs`
  return [
    { id: 'B8', what: `${what}: first job accepted`, unit: 'ms', runs: accept, ...atMost(1000, 'ms') },
    { id: 'B8', what: `${what}: first job completed`, unit: 'ms', runs: place, ...atMost(2000, 'ms') },
  ]
}
