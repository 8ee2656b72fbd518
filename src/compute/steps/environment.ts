import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import { type Job, mainTask, partitionCount } from '#models/job.ts'
import type { Task } from '#models/task.ts'
import type { OpenPort } from '../ports.ts'

export type HostEnvironment = {
  /** Names (globs) that jobs may read from the node's environment. */
  allowed: (name: string) => boolean
  value: (name: string) => string | undefined
}

const hostPrefix = 'env:'

/** Task.Env, then what the system says; the engine's own variables come last, in the engine. */
export const environmentOf = (
  execution: Execution,
  job: Job,
  host: HostEnvironment,
  ports: readonly OpenPort[],
): Record<string, string> => {
  const task = mainTask(job)
  return {
    ...task.Env,
    ...hostVariables(task, host),
    BACALHAU_EXECUTION_ID: execution.ID,
    BACALHAU_JOB_ID: job.ID,
    BACALHAU_JOB_TYPE: job.Type,
    BACALHAU_PARTITION_INDEX: String(execution.PartitionIndex),
    BACALHAU_PARTITION_COUNT: String(partitionCount(job)),
    ...Object.fromEntries(ports.flatMap(portVariables)),
  }
}

/** Those of a task that are to have their value from the node. Throws a Fault when the node does not give one, or has none. */
export const hostVariables = ({ Env }: Pick<Task, 'Env'>, host: HostEnvironment): Record<string, string> => {
  const asked = Object.entries(Env).filter(([, value]) => value.startsWith(hostPrefix))
  return Object.fromEntries(asked.map(([name, value]) => [name, fromHost(value.slice(hostPrefix.length), host)]))
}

const portVariables = ({ Name, Static, Target }: OpenPort) => [
  [`BACALHAU_PORT_${Name}`, String(Target)],
  [`BACALHAU_HOST_PORT_${Name}`, String(Static)],
]

const fromHost = (name: string, host: HostEnvironment): string => {
  if (!host.allowed(name)) {
    throw new Fault('Forbidden', `environment variable '${name}' is not in allowed patterns`, {
      hint: 'The node lists them in Compute.Env.AllowList.',
    })
  }
  const value = host.value(name)
  if (value === undefined)
    throw new Fault('NotFound', `required environment variable '${name}' not found`, {
      details: { FailureClass: 'node' },
    })
  return value
}
