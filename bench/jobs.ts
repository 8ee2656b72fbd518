import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from './connection.ts'

const echo = readFileSync(join(import.meta.dirname, '../examples/echo/echo.wasm'))

/** A module that lies in the job. */
export const inlineModule = (bytes: Buffer): object => ({
  Type: 'inline',
  Params: { URL: `data:application/wasm;base64,${bytes.toString('base64')}` },
})

/** A job whose WASM program prints `nonce`, which is how we know that this very job ran. */
export const echoJob = (nonce: string, extra: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...wasmJob(`bench-${nonce}`, inlineModule(echo), [nonce]),
  Labels: { bench: 'echo' },
  ...extra,
})

/** A job of one WASM program, whose module comes from the source. */
export function wasmJob(name: string, source: object, words: string[], task: object = {}): Record<string, unknown> {
  const EntryModule = { Source: source, Target: '/main.wasm' }
  return {
    Name: name,
    Type: 'batch',
    Count: 1,
    Tasks: [
      {
        Name: 'main',
        Engine: { Type: 'wasm', Params: { EntryModule, Entrypoint: '_start', Parameters: words } },
        Resources: { CPU: '10m', Memory: '10Mb' },
        Timeouts: { QueueTimeout: 3600, ExecutionTimeout: 600 },
        ...task,
      },
    ],
  }
}

/** A job that runs this command in a container. */
export const dockerJob = (Entrypoint: string[]): Record<string, unknown> => ({
  Type: 'batch',
  Count: 1,
  Tasks: [{ Name: 'main', Engine: { Type: 'docker', Params: { Image: 'busybox:latest', Entrypoint } } }],
})

/** The smallest job that waits for ever where no node is. */
export function waitingJob(name: string): Record<string, unknown> {
  return {
    Name: name,
    Type: 'batch',
    Count: 1,
    Tasks: [
      {
        Name: 'main',
        Engine: { Type: 'docker', Params: { Image: 'busybox:latest' } },
        Timeouts: { QueueTimeout: 86_400 },
      },
    ],
  }
}

/** A job that is completed when it is accepted: none of it is wanted. Fills a store with finished jobs. */
export function emptyJob(name: string, labels: Record<string, string> = {}): Record<string, unknown> {
  return { ...waitingJob(name), Count: 0, Labels: labels }
}

export async function submit(connection: Connection, job: Record<string, unknown>): Promise<string> {
  const { status, body } = await connection.ask('PUT', '/api/v1/orchestrator/jobs', JSON.stringify({ Job: job }))
  if (status !== 200) throw new Error(`submission answered ${status}: ${body}`)
  return (JSON.parse(body) as { JobID: string }).JobID
}

export type Seen = { ID: string; Revision: number; State: { StateType: string; Message?: string } }

/** Waits on the server's side until the job has ended; returns how it ended. */
export async function end(connection: Connection, id: string): Promise<Seen> {
  for (let index = 1; ; ) {
    const { status, body } = await connection.ask('GET', `/api/v1/orchestrator/jobs/${id}?wait=30s&index=${index}`)
    if (status !== 200) throw new Error(`job ${id} answered ${status}: ${body}`)
    const { Job } = JSON.parse(body) as { Job: Seen }
    if (['Completed', 'Failed', 'Stopped'].includes(Job.State.StateType)) return Job
    index = Job.Revision
  }
}

/** Submits a job and waits for its end, which is to be a good one; what its only execution left. */
export async function completed(connection: Connection, job: Record<string, unknown>): Promise<SeenOutput> {
  const id = await submit(connection, job)
  const { State } = await end(connection, id)
  if (State.StateType !== 'Completed') throw new Error(`job ${id} ${State.StateType}: ${State.Message}`)
  const [execution] = await executionsOf(connection, id)
  if (!execution?.RunOutput) throw new Error(`job ${id} left no output`)
  return execution.RunOutput
}

/** Throws unless the job has exactly one execution, and that printed the nonce. */
export async function checkEcho(connection: Connection, id: string, nonce: string): Promise<void> {
  const said = (await executionsOf(connection, id)).map((execution) => execution.RunOutput?.Stdout)
  if (said.length !== 1 || said[0] !== `${nonce}\n`)
    throw new Error(`job ${id} printed ${JSON.stringify(said)}, not ${nonce}`)
}

export type SeenExecution = {
  NodeID: string
  /** Unix ns, as far as a float holds them. */
  StartTime: number
  ModifyTime: number
  RunOutput: SeenOutput | null
}
type SeenOutput = { Stdout: string; ExitCode: number }

export async function executionsOf(connection: Connection, id: string): Promise<SeenExecution[]> {
  const { status, body } = await connection.ask('GET', `/api/v1/orchestrator/jobs/${id}/executions`)
  if (status !== 200) throw new Error(`executions of ${id} answered ${status}: ${body}`)
  return (JSON.parse(body) as { Items: SeenExecution[] }).Items
}
