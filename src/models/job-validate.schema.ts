import { formatDuration } from '#lib/duration.ts'
import { messageOf } from '#lib/fault.ts'
import { checkResources } from '#lib/resources.ts'
import { type JobSpec, jobTypes, type LabelSelectorRequirement } from './job.ts'
import { asFurther, inTellingOrder, type Problem, problemAt, pushUnder } from './problem.ts'
import type { SpecConfig } from './spec-config.ts'
import type { InputSource, ResultPath, Task, TimeoutConfig } from './task.ts'

/**
 * What is wrong with a normalised job, one sentence each, in the words and the order of the reference at 1.4 (they are
 * shown by clients and compared by their tests). Includes what the reference finds only when it stores the job.
 */
export function validateJob(spec: JobSpec, id = ''): readonly Problem[] {
  const problems: Problem[] = []
  if (id.includes(' ')) problems.push(problemAt('job ID contains a space', 'ID'))
  if (id.includes('\0')) problems.push(problemAt('job ID contains a null character', 'ID'))
  if (spec.Name.includes('\0')) problems.push(problemAt('job Name contains a null character', 'Name'))
  if ((spec.Type as string) === '') problems.push(problemAt('missing job type', 'Type'))
  else if (!jobTypes.includes(spec.Type)) {
    problems.push(problemAt(`invalid job type: ${JSON.stringify(spec.Type)}`, 'Type'))
  }
  if (spec.Count < 0) problems.push(problemAt('job count must be >= 0', 'Count'))
  if (spec.Tasks.length === 0) problems.push(problemAt('missing job tasks', 'Tasks'))
  for (let at = 0; at < spec.Constraints.length; at++) {
    const found = constraintProblems(spec.Constraints[at] ?? null)
    pushUnder(problems, `constraint ${at + 1} validation failed: `, ['Constraints', at], found)
  }
  for (let at = 0; at < spec.Tasks.length; at++) {
    const task = spec.Tasks[at] ?? null
    if (task === null) problems.push(problemAt(`task ${at + 1} is null`, 'Tasks', at))
    else pushUnder(problems, `task ${task.Name} validation failed: `, ['Tasks', at], taskProblems(task))
  }
  return inTellingOrder(problems)
}

function constraintProblems(constraint: LabelSelectorRequirement | null): Problem[] {
  if (constraint === null) return [problemAt('constraint is null')]
  const count = constraint.Values?.length ?? 0
  const problems = constraint.Key === '' ? [problemAt('selector key cannot be blank', 'Key')] : []
  const refuseValues = (text: string) => problems.push(problemAt(text, 'Values'))
  switch (constraint.Operator) {
    case 'in':
    case 'notin':
      if (count === 0) refuseValues('selector values cannot be empty for In or NotIn operators')
      break
    case 'exists':
    case '!':
      if (count > 0) refuseValues('selector values must be empty for Exists or DoesNotExist operators')
      break
    default:
      if (count !== 1) refuseValues('selector values must have exactly one value for other operators')
  }
  return problems
}

const publisherNeeded = 'publisher must be set if result paths are set'
/** It has result paths, and names nobody who publishes them. */
export const lacksPublisher = ({ ResultPaths, Publisher }: Task): boolean =>
  ResultPaths.length > 0 && Publisher.Type === '' && Publisher.Params === undefined

/** Whether a problem is one that the default publisher of an orchestrator solves. */
export const isPublisherNeeded = ({ text }: Problem): boolean => text.endsWith(publisherNeeded)

/** The same for one task, without its name in front. */
export function taskProblems(task: Task): Problem[] {
  const problems: Problem[] = []
  if (task.Name === '') problems.push(problemAt('missing task name', 'Name'))
  if (task.Name.includes('\0')) problems.push(problemAt('task name contains null character', 'Name'))
  pushUnder(problems, 'engine validation failed: ', ['Engine'], specProblems(task.Engine))
  pushItems(problems, 'artifact validation failed: ', 'InputSources', task.InputSources, inputProblems)
  pushItems(problems, 'output validation failed: ', 'ResultPaths', task.ResultPaths, resultProblems)
  if (lacksPublisher(task)) problems.push(problemAt(publisherNeeded, 'Publisher'))
  for (const [nth, at] of repeated(task.InputSources, (input) => input?.Alias ?? '').entries()) {
    const text = `input source with alias ${task.InputSources[at]?.Alias} already exist`
    const problem = problemAt(text, 'InputSources', at, 'Alias')
    problems.push(nth === 0 ? problem : asFurther(problem))
  }
  pushUnder(problems, 'task timeouts validation failed: ', ['Timeouts'], timeoutProblems(task.Timeouts))
  pushUnder(problems, 'task resources validation failed: ', ['Resources'], resourceProblems(task.Resources))
  return problems
}

const none: Problem[] = []
const specProblems = (spec: SpecConfig | null): Problem[] => {
  if (spec === null) return [problemAt('nil spec config')]
  return spec.Type === '' ? [problemAt('missing spec type', 'Type')] : none
}

function inputProblems(input: InputSource | null): Problem[] {
  if (input === null) return [problemAt('input source is null')]
  const problems: Problem[] = []
  pushUnder(problems, 'invalid artifact source: ', ['Source'], specProblems(input.Source))
  if (input.Target === '') problems.push(problemAt('missing artifact target', 'Target'))
  return problems
}

function resultProblems(result: ResultPath | null): Problem[] {
  if (result === null) return [problemAt('path is nil')]
  const problems: Problem[] = []
  if (result.Path === '') problems.push(problemAt('path is blank', 'Path'))
  if (result.Name === '') problems.push(problemAt('resultpath name is blank', 'Name'))
  return problems
}

/** The reference tells of the first item only that is wrong. */
function pushItems<Item>(
  problems: Problem[],
  prefix: string,
  field: string,
  items: readonly (Item | null)[],
  check: (item: Item | null) => Problem[],
): void {
  let isFirst = true
  for (let at = 0; at < items.length; at++) {
    const found = check(items[at] ?? null)
    if (found.length === 0) continue
    pushUnder(problems, prefix, [field, at], isFirst ? found : found.map(asFurther))
    isFirst = false
  }
}

const noPlaces: readonly number[] = []

/** Places of items whose name an earlier one has; no name is no name. */
export function repeated<Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly number[] {
  if (items.length < 2) return noPlaces
  const seen = new Set<string>()
  return items.flatMap((item, at) => {
    const name = nameOf(item)
    if (name !== '' && seen.has(name)) return [at]
    seen.add(name)
    return []
  })
}

function timeoutProblems({ ExecutionTimeout = 0n, QueueTimeout = 0n, TotalTimeout = 0n }: TimeoutConfig): Problem[] {
  if (ExecutionTimeout === 0n && QueueTimeout === 0n && TotalTimeout === 0n) return none
  // What is shown falls back to the total; what is added up does not.
  const execution = nanos(ExecutionTimeout > 0n ? ExecutionTimeout : TotalTimeout)
  const [queue, total] = [nanos(QueueTimeout), nanos(TotalTimeout)]
  const problems: Problem[] = []
  const refuse = (kind: string, value: bigint, field: keyof TimeoutConfig) =>
    problems.push(problemAt(`invalid ${kind} timeout value: ${formatDuration(value)}`, field))
  if (ExecutionTimeout < 0n) refuse('execution', execution, 'ExecutionTimeout')
  if (QueueTimeout < 0n) refuse('queue', queue, 'QueueTimeout')
  if (TotalTimeout < 0n) refuse('total', total, 'TotalTimeout')
  if (total > 0n && nanos(ExecutionTimeout) + queue > total) {
    const text =
      `execution timeout ${formatDuration(execution)} and queue timeout ${formatDuration(queue)} ` +
      `should be less than total timeout ${formatDuration(total)}`
    problems.push(problemAt(text, 'TotalTimeout'))
  }
  return problems
}

/** Seconds as Go multiplies them: what overflows int64 wraps, and is refused as negative or shown as it is. */
const nanos = (seconds: bigint): bigint => BigInt.asIntN(64, seconds * 1_000_000_000n)

function resourceProblems(resources: Task['Resources']): Problem[] {
  for (const _ in resources) {
    try {
      checkResources(resources)
      return none
    } catch (error) {
      return unreadableAmounts(messageOf(error), resources)
    }
  }
  return none
}

const amountFields: Readonly<Record<string, string>> = { CPU: 'CPU', memory: 'Memory', disk: 'Disk', GPU: 'GPU' }

/** One line each. A number of devices that cannot be read is told alone by the reference. */
function unreadableAmounts(message: string, resources: Task['Resources']): Problem[] {
  const told = message.split('\n').map((line) => problemAt(line, amountFields[line.split(' ')[1] ?? ''] ?? ''))
  if (told[0]?.path[0] !== 'GPU') return told
  return [...told, ...resourceProblems({ ...resources, GPU: '' }).map(asFurther)]
}
