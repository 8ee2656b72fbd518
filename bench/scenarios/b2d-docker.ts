import { setTimeout as sleep } from 'node:timers/promises'
import { canStartDocker, dockerEngine } from '../../test/kit/docker-engine.ts'
import { EngineOwn } from '../engine-own.ts'
import { atMost, type Figure, median, quantile } from '../figures.ts'
import { dockerJob, end, submit } from '../jobs.ts'
import { series, timed, withConnections } from '../load.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

/** One `true` in a container after the other on an idle node, each beside what the engine takes for one by itself. */
export const b2d: Scenario = {
  id: 'B2d',
  about: 'latency of a Docker job beside the engine itself',
  async measure({ runs, scale }) {
    if (!canStartDocker()) {
      console.error('B2d left out: it needs Docker, and root')
      return []
    }
    const taken = await series(runs, () => oneRun(Math.ceil(60 * scale)))
    const figure = (what: string, values: (run: Pair[]) => number, rest: Partial<Figure> = {}): Figure => ({
      id: 'B2d',
      what,
      unit: 'ms',
      runs: taken.map(values),
      ...rest,
    })
    const own = median(taken.map((pairs) => median(pairs.map((pair) => pair.ownMs))))
    return [
      figure('Docker job `true`, submitted to completed, p50', (pairs) => median(pairs.map(({ jobMs }) => jobMs)), {
        limit: own,
      }),
      figure('what it takes beyond the engine, p50', (pairs) => median(pairs.map(beyond)), atMost(15, 'ms')),
      figure('what it takes beyond the engine, p90', (pairs) => quantile(pairs.map(beyond), 0.9)),
    ]
  },
}

type Pair = { jobMs: number; ownMs: number }
const beyond = ({ jobMs, ownMs }: Pair): number => jobMs - ownMs

async function oneRun(count: number): Promise<Pair[]> {
  const engine = await dockerEngine()
  if (!engine) throw new Error('the engine does not start')
  const own = new EngineOwn(engine.host)
  const product = await Product.start('hybrid', { env: { DOCKER_HOST: engine.host } })
  try {
    return await withConnections(
      () => product.connection(),
      1,
      async ([connection]) => {
        const pair = async (): Promise<Pair> => {
          let id = ''
          const ownMs = await timed(async () => {
            id = await own.run()
          })
          await own.remove(id)
          await settled(own)
          const jobMs = await timed(async () => {
            const { State } = await end(connection!, await submit(connection!, dockerJob(['true'])))
            if (State.StateType !== 'Completed') throw new Error(`the job ${State.StateType}: ${State.Message}`)
          })
          await settled(own)
          return { jobMs, ownMs }
        }
        await series(3, pair)
        return series(count, pair)
      },
    )
  } finally {
    own.close()
    await product.remove()
    await engine.stop()
  }
}

/** Until no removal disturbs what is measured next. */
async function settled(own: EngineOwn): Promise<void> {
  while (!(await own.isEmpty())) await sleep(5)
}
