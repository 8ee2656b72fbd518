import { equal } from 'node:assert/strict'
import type { RealCli } from '../real-cli.ts'

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

export const describe = (cli: RealCli, id: string): Promise<ShownJob> => cli.json<ShownJob>(['job', 'describe', id])

/** What a job that must have completed printed, as `job describe` and `job executions` show it. */
export async function outputOf(cli: RealCli, id: string): Promise<string> {
  const { Job } = await describe(cli, id)
  equal(Job.State.StateType, 'Completed', `the job is ${Job.State.StateType}: ${Job.State.Message}`)
  const executions = await cli.json<ShownExecution[]>(['job', 'executions', id])
  return executions.map(({ RunOutput }) => RunOutput?.Stdout ?? '').join('')
}
