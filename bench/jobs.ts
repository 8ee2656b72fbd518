import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from './connection.ts'

const echo = readFileSync(join(import.meta.dirname, '../examples/echo/echo.wasm')).toString('base64')

/** A job whose WASM program prints `nonce`, which is how we know that this very job ran. */
export function echoJob(nonce: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    Name: `bench-${nonce}`,
    Type: 'batch',
    Count: 1,
    Labels: { bench: 'echo' },
    ...extra,
    Tasks: [
      {
        Name: 'main',
        Engine: {
          Type: 'wasm',
          Params: {
            EntryModule: {
              Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${echo}` } },
              Target: '/echo.wasm',
            },
            Entrypoint: '_start',
            Parameters: [nonce],
          },
        },
        Resources: { CPU: '10m', Memory: '10Mb' },
        Timeouts: { QueueTimeout: 3600, ExecutionTimeout: 600 },
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
  RunOutput: { Stdout: string } | null
}

export async function executionsOf(connection: Connection, id: string): Promise<SeenExecution[]> {
  const { status, body } = await connection.ask('GET', `/api/v1/orchestrator/jobs/${id}/executions`)
  if (status !== 200) throw new Error(`executions of ${id} answered ${status}: ${body}`)
  return (JSON.parse(body) as { Items: SeenExecution[] }).Items
}
