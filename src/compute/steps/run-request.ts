import type { Engine, RunRequest } from '#contracts/engine.ts'
import type { InlineFile, PreparedInput } from '#contracts/storage.ts'
import { topics } from '#models/event.ts'
import { type Job, mainTask } from '#models/job.ts'
import { placeOf } from '#models/result-place.ts'
import { defaultStopGraceSeconds } from '#models/task.ts'
import type { RunContext } from '../run-context.ts'
import { shareOf } from '../share.ts'
import { Arrivals } from './arrivals.ts'
import { environmentOf } from './environment.ts'
import { withinDisk } from './input-limit.ts'
import { fetchEngineInputs, fetchInputs } from './inputs.ts'

/** Fetches the inputs; the answer is all an engine needs for a start. */
export const startRequest = async (context: RunContext, engine: Engine, signal: AbortSignal): Promise<RunRequest> => {
  const { execution, job, registries, directories } = context
  const task = mainTask(job)
  const arrivals = new Arrivals(context)
  const fetch = {
    share: shareOf(execution, job),
    limitBytes: context.resources.Disk > 0 ? context.resources.Disk : Number.MAX_SAFE_INTEGER,
  }
  const onPrepared: typeof arrivals.add = (...prepared) => arrivals.add(...prepared)
  const own = { ...fetch, inputs: task.InputSources, firstIndex: 0, onPrepared }
  const engines = { ...fetch, inputs: engine.engineInputs(task.Engine), firstIndex: task.InputSources.length }
  const bring = (either: AbortSignal) =>
    Promise.all([
      fetchInputs(own, registries, directories, either),
      fetchEngineInputs(engines, registries, directories, either),
    ])
  const [inputs, engineInputs] = await withinDisk(context, signal, bring, (brought) => countedBytes(brought.flat()))
  await arrivals.tell()
  const ports = await context.ports.take(execution.ID, task.Network)
  const env = environmentOf(execution, job, context.host, ports)
  const network = ports.length > 0 ? { ...task.Network, Ports: ports } : task.Network
  return runRequest(context, { inputs, engineInputs, env, network })
}

/** On the disk; undefined = of one of them it is not known. */
function countedBytes(inputs: readonly (PreparedInput | InlineFile)[]): number | undefined {
  let sum = 0
  for (const input of inputs) {
    if ('bytes' in input) continue
    if (input.sizeBytes === undefined) return undefined
    sum += input.sizeBytes
  }
  return sum
}

/** The same for what runs already: its inputs are where they were. */
export const attachRequest = (context: RunContext): Promise<RunRequest> =>
  runRequest(context, { inputs: [], engineInputs: [], env: {}, network: mainTask(context.job).Network })

const runRequest = async (
  { execution, job, directories, resources, logs, onProgress }: RunContext,
  ready: Pick<RunRequest, 'inputs' | 'engineInputs' | 'env' | 'network'>,
): Promise<RunRequest> => {
  const task = mainTask(job)
  return {
    ...ready,
    executionId: execution.ID,
    jobId: job.ID,
    engine: task.Engine,
    outputs: await Promise.all(
      task.ResultPaths.map(async ({ Name, Path }) => ({
        resultPath: { Name, Path: placeOf(Path).folder },
        hostPath: await directories.output(Name),
      })),
    ),
    resources,
    logs,
    onProgress: (text) => onProgress(topics.preparingEnvironment, text),
    scratch: directories.scratch,
  }
}

/** Between the signal to stop and the kill: the job's word, else that of the node's operator. */
export function stopGraceMs(job: Job, engine: Engine): number {
  const { StopGrace } = mainTask(job)
  return StopGrace === undefined ? (engine.stopGraceMs ?? defaultStopGraceSeconds * 1000) : StopGrace * 1000
}
