import { equal } from 'node:assert/strict'
import { until } from '../../../test/kit/until.ts'
import type { JobOf } from '../jobs.ts'
import type { RealCli } from '../real-cli.ts'

const patienceMs = 60_000

/** `job describe --output json` of both generations, as far as the uses look at it. */
export type ShownJob = {
  Job: { ID: string; Name: string; Namespace: string; Version: number; State: { StateType: string; Message?: string } }
  Executions?: { Items: ShownExecution[] }
}
export type ShownExecution = {
  ID: string
  NodeID: string
  RunOutput?: { Stdout: string; stderr: string; ExitCode: number }
}

/** The id in what a submission printed. */
export function idIn(said: string): string {
  const id = /j-[0-9a-f-]{36}/.exec(said)?.[0]
  if (!id) throw new Error(`no job id in: ${said}`)
  return id
}

/** Waits until the client shows the job in that state. */
export const isIn = (cli: RealCli, id: string, state: string): Promise<void> =>
  until(`${id} is ${state}`, async () => (await describe(cli, id)).Job.State.StateType === state, patienceMs)

/** Waits until its program has said something: it is seen to run, not only ordered to. */
export async function hasBegun(cli: RealCli, id: string, said: RegExp): Promise<void> {
  await isIn(cli, id, 'Running')
  const follower = cli.start(['job', 'logs', '-f', id])
  await follower.says(said)
  await follower.end('SIGKILL')
}

/** Submits a job that must fail, waits for that, and gives all that is shown of its executions. */
export async function failureOf(cli: RealCli, job: JobOf): Promise<string> {
  const id = await cli.submit(job)
  await isIn(cli, id, 'Failed')
  return JSON.stringify(await cli.json<object>(['job', 'executions', id]))
}

export const describe = (cli: RealCli, id: string): Promise<ShownJob> => cli.json<ShownJob>(['job', 'describe', id])

/** What a job that must have completed printed, as `job describe` and `job executions` show it. */
export async function outputOf(cli: RealCli, id: string): Promise<string> {
  const { Job } = await describe(cli, id)
  equal(Job.State.StateType, 'Completed', `the job is ${Job.State.StateType}: ${Job.State.Message}`)
  const executions = await cli.json<ShownExecution[]>(['job', 'executions', id])
  return executions.map(({ RunOutput }) => RunOutput?.Stdout ?? '').join('')
}
