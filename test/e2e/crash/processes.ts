import { type ChildProcess, spawn } from 'node:child_process'
import type { Execution } from '#models/execution.ts'
import { apiFetch } from '../../kit/api-fetch.ts'
import { NotAsDocumented } from '../../kit/documented.ts'
import { listenCommand } from '../../kit/listen-command.ts'
import { wasmProductCommand } from '../../kit/wasm-command.ts'
import type { CrashingNode, NodeCommands } from './crashing-node.ts'

const commands: NodeCommands = { wasmCommand: wasmProductCommand, listenCommand }
const startLimitMs = 60_000

/** A node process of the crash tests. `gone` resolves when it has ended, however. */
export type NodeProcess = {
  ready: Promise<{ apiPort: number; linkPort: number } | undefined>
  gone: Promise<void>
  child: ChildProcess
  errors: () => string
}

/** `program` is that of `nodeProgram`. */
export const startNodeProcess = (program: string, options: CrashingNode): NodeProcess => {
  const args = ['--disable-warning=ExperimentalWarning', program, JSON.stringify({ ...options, ...commands })]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (piece: Buffer) => {
    errors += piece.toString()
  })
  const gone = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const ready = new Promise<{ apiPort: number; linkPort: number } | undefined>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the node did not start: ${errors}`)), startLimitMs)
    let text = ''
    child.stdout.on('data', (piece: Buffer) => {
      text += piece.toString()
      const match = /^ready (\d+) (\d+)$/m.exec(text)
      if (!match) return
      clearTimeout(timer)
      resolve({ apiPort: Number(match[1]), linkPort: Number(match[2]) })
    })
    void gone.then(() => {
      clearTimeout(timer)
      resolve(undefined)
    })
  })
  return { ready, gone, child, errors: () => errors }
}

export const kill = async (node: NodeProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
  if (node.child.exitCode === null && node.child.signalCode === null) node.child.kill(signal)
  await node.gone
}

const base = (port: number): string => `http://127.0.0.1:${port}/api/v1/orchestrator/jobs`

/** The job id when the submission was acknowledged, undefined when the answer never came. */
export const submit = async (port: number, job: unknown): Promise<string | undefined> => {
  try {
    const response = await apiFetch(base(port), {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ Job: job }),
      signal: AbortSignal.timeout(60_000),
    })
    const answer = (await response.json()) as { JobID?: string; message?: string }
    if (!answer.JobID) throw new Error(`refused: ${answer.message}`)
    return answer.JobID
  } catch (error) {
    if (error instanceof NotAsDocumented) throw error
    if (error instanceof Error && error.message.startsWith('refused')) throw error
    return undefined
  }
}

export type ShownJob = {
  Job: { ID: string; State: { StateType: string; Message?: string }; Revision: number }
  Executions: { Items: ShownExecution[] }
}
/** States are numbers where the model has their names; what is empty may be left out. */
type ShownExecution = {
  ID: string
  NodeID: string
  DesiredState: { StateType: number; Message?: string }
  ComputeState: { StateType: number; Message?: string; Details?: Record<string, string> }
  StartTime?: number
} & Pick<Execution, 'RunOutput' | 'PublishedResult'> &
  Partial<Pick<Execution, 'FailureClass' | 'PartitionIndex'>>

export const completed = 7

export const jobIds = async (port: number): Promise<string[]> => {
  const answer = (await (await apiFetch(base(port))).json()) as { Items: { ID: string }[] }
  return answer.Items.map((job) => job.ID)
}

/** The job once it has ended; waits at the server. */
export const ended = async (port: number, id: string, limitMs = 60_000): Promise<ShownJob> => {
  const endsAt = performance.now() + limitMs
  for (let index = 0; ; ) {
    const shown = (await (
      await apiFetch(`${base(port)}/${id}?include=executions&wait=5s&index=${index}`)
    ).json()) as ShownJob
    if (!shown.Job) throw new Error(`job ${id} is gone: ${JSON.stringify(shown)}`)
    if (['Completed', 'Failed', 'Stopped'].includes(shown.Job.State.StateType)) return shown
    if (performance.now() > endsAt)
      throw new Error(
        `job ${id} is still ${JSON.stringify(shown.Job.State)} ${JSON.stringify(shown.Executions.Items.map((e) => e.ComputeState))}`,
      )
    index = shown.Job.Revision
  }
}
