import { isDeepStrictEqual } from 'node:util'
import { describe } from 'vitest'
import { parseJson } from '#lib/json/parse.ts'
import { filled } from '../../test/kit/filled.ts'
import { describeVectors, type VectorCase, vectorCases } from '../../test/kit/vectors.ts'
import { since } from './client-version.ts'
import { decodeExecution } from './decode/execution.ts'
import { decodeHistory } from './decode/history.ts'
import { decodeJob } from './decode/job.ts'
import { decodeNodeState } from './decode/node.ts'
import { parseWire, type Wire } from './decode/wire-json.ts'
import { encodeExecution } from './encode/execution.ts'
import { encodeHistory } from './encode/history.ts'
import { encodeJob } from './encode/job.ts'
import { encodeNodeState } from './encode/node.ts'

type Rewrite = (wire: Wire) => Wire

const answerOf = ({ accepted: [answer] }: VectorCase): string | undefined =>
  answer && 'out' in answer ? (answer.out as string) : undefined
const cases = vectorCases('models.json', ['v1.4.0']) ?? []
/** What the reference writes for a type of which nothing is known, with some fields known after all. */
const zero = (type: string, known: Wire): Wire => ({
  ...parseWire(
    answerOf(cases.find(({ in: input }) => input.type === type && input.json === '{}') as VectorCase) as string,
  ),
  ...known,
})

/** Read as an answer by our client, and written as one by our server. */
const job: Rewrite = (wire) => read(encodeJob(decodeJob(wire), since.v1_7))
const history: Rewrite = (wire) => read(encodeHistory(decodeHistory(wire), since.v1_5_2))
function execution(wire: Wire): Wire {
  const shown = decodeExecution(wire)
  return read(encodeExecution(shown, since.v1_5_2, shown.Job))
}
const node: Rewrite = (wire) => read(encodeNodeState(decodeNodeState(wire)))
const compute: Rewrite = (ComputeNodeInfo) =>
  node(zero('NodeState', { Info: zero('NodeInfo', { ComputeNodeInfo }) })).Info.ComputeNodeInfo
const read = (text: string): any => parseJson(text)

const rewrites: Record<string, Rewrite> = {
  Job: job,
  'State<JobStateType>': (State) => job(zero('Job', { State })).State,
  Execution: execution,
  'State<ExecutionStateType>': (ComputeState) => execution(zero('Execution', { ComputeState })).ComputeState,
  AllocatedResources: (AllocatedResources) => execution(zero('Execution', { AllocatedResources })).AllocatedResources,
  RunCommandResult: (RunOutput) => execution(zero('Execution', { RunOutput })).RunOutput,
  JobHistory: history,
  Event: (Event) => history(zero('JobHistory', { Event })).Event,
  NodeState: node,
  NodeInfo: (Info) => node(zero('NodeState', { Info })).Info,
  ComputeNodeInfo: compute,
  BuildVersionInfo: (BacalhauVersion) =>
    node(zero('NodeState', { Info: zero('NodeInfo', { BacalhauVersion }) })).Info.BacalhauVersion,
  Resources: (MaxCapacity) => compute(zero('ComputeNodeInfo', { MaxCapacity })).MaxCapacity,
  GPU: (gpu) => compute(zero('ComputeNodeInfo', { MaxCapacity: { GPUs: [gpu] } })).MaxCapacity.GPUs[0],
}

/** Sizes beyond 2^53 and numbers of states that stand for none: no server sends them. */
const isImpossible = (answer: string): boolean =>
  /"(?:Memory|Disk|GPU)":\d{16}/.test(answer) || /"StateType":-|"DesiredState":\{"StateType":[3-9]/.test(answer)

/** A line of history is about a job or an execution, and only that state is sent. */
function told(wanted: Wire, type: string): Wire {
  if (type !== 'JobHistory') return wanted
  const { JobState, ExecutionState, ...line } = wanted
  return { ...line, ...(line.Type === 'JobLevel' ? JobState && { JobState } : ExecutionState && { ExecutionState }) }
}

/** A later version has more to say of a node than the older one knows. */
function rewritten(type: string, answer: string): Wire {
  const wire = parseWire(answer)
  const ours = (rewrites[type] as Rewrite)(wire)
  if (type === 'NodeState' && !wire.ConnectionState) delete ours.ConnectionState
  return ours
}

// Answers as a server of the reference writes them. What no server writes (other kinds, other case) our client does not judge.
describe.each(['v1.4.0', 'v1.9.3'] as const)('answers of %s are read and written again', (version) => {
  describeVectors(
    'models.json',
    ({ type }: { type: string }, vector) => filled(rewritten(type, answerOf(vector) as string)),
    {
      versions: [version],
      skip: (vector) => {
        const { type } = vector.in
        const answer = answerOf(vector)
        return rewrites[type] === undefined || answer === undefined || (type !== 'GPU' && isImpossible(answer))
      },
      isSame: (actual, expected, { in: { type } }) =>
        isDeepStrictEqual(actual, filled(told(read(expected as string), type))),
    },
  )
})
