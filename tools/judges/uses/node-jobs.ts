import { readFileSync } from 'node:fs'
import type { Server } from '../../../test/kit/product.ts'
import { modulePath } from '../../../test/kit/product.ts'
import { until } from '../../../test/kit/until.ts'
import type { ShownExecution, ShownJob } from './shown-job.ts'

const patienceMs = 90_000

type Change = { job?: object; task?: object }

/** A job of the test program, whose module it brings along. */
export const programJob = (words: readonly string[], { job, task }: Change = {}) => ({
  Type: 'batch',
  Count: 1,
  ...job,
  Tasks: [
    {
      Name: 'main',
      ...task,
      Engine: { Type: 'wasm', Params: { EntryModule: moduleInput(), Entrypoint: '_start', Parameters: words } },
    },
  ],
})

/** The same in the form of newer clients: the module is an input, and the engine names it. */
export const programJobByPath = (words: readonly string[]) => ({
  ...programJob(words),
  Tasks: [
    {
      Name: 'main',
      InputSources: [moduleInput()],
      Engine: { Type: 'wasm', Params: { EntryModule: '/tool.wasm', Entrypoint: '_start', Parameters: words } },
    },
  ],
})

/** A job of a shell in a container. */
export const shellJob = (image: string, line: string, { job, task }: Change = {}) => ({
  Type: 'batch',
  Count: 1,
  ...job,
  Tasks: [
    { Name: 'main', ...task, Engine: { Type: 'docker', Params: { Image: image, Parameters: ['sh', '-c', line] } } },
  ],
})

const moduleInput = () => {
  const module = named(readFileSync(modulePath('tool.wasm')))
  const URL = `data:application/wasm;base64,${module.toString('base64')}`
  return { Source: { Type: 'inline', Params: { URL } }, Alias: 'tool', Target: '/tool.wasm' }
}

/** Real nodes refuse a module without the section of names, which ours was stripped of: one that names the module alone. */
function named(module: Buffer): Buffer {
  const text = (word: string) => [word.length, ...Buffer.from(word)]
  const moduleName = text('tool')
  const section = [...text('name'), 0, moduleName.length, ...moduleName]
  return Buffer.concat([module, Buffer.from([0, section.length, ...section])])
}

export type EndedJob = { state: string; message: string; executions: ShownExecution[] }

/** Submits a job and waits for its end. */
export async function finish(server: Server, job: object): Promise<EndedJob & { id: string }> {
  const id = await server.submit(job)
  return { id, ...(await endOf(server, id)) }
}

export async function endOf(server: Server, id: string): Promise<EndedJob> {
  let shown = await shownJob(server, id)
  const isOver = async () => {
    shown = await shownJob(server, id)
    return ['Completed', 'Failed', 'Stopped'].includes(shown.Job.State.StateType)
  }
  await until(`${id} ends`, isOver, patienceMs)
  const { State } = shown.Job
  return { state: State.StateType, message: State.Message ?? '', executions: shown.Executions?.Items ?? [] }
}

export const isIn = (server: Server, id: string, state: string): Promise<void> =>
  until(`${id} is ${state}`, async () => (await shownJob(server, id)).Job.State.StateType === state, patienceMs)

const shownJob = (server: Server, id: string): Promise<ShownJob> => server.json(['job', 'describe', id])
