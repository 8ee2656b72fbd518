import { formatDuration } from '#lib/duration.ts'
import { messageOf } from '#lib/fault.ts'
import { checkResources } from '#lib/resources.ts'
import { type JobSpec, jobTypes, type LabelSelectorRequirement } from './job.ts'
import type { SpecConfig } from './spec-config.ts'
import type { InputSource, ResultPath, Task, TimeoutConfig } from './task.ts'

/**
 * What is wrong with a normalised job, one sentence each, in the words and the order of the reference at 1.4 (they are
 * shown by clients and compared by their tests). Includes what the reference finds only when it stores the job.
 */
export function validateJob(spec: JobSpec, id = ''): string[] {
  const problems: string[] = []
  if (id.includes(' ')) problems.push('job ID contains a space')
  if (id.includes('\0')) problems.push('job ID contains a null character')
  if (spec.Name.includes('\0')) problems.push('job Name contains a null character')
  if ((spec.Type as string) === '') problems.push('missing job type')
  else if (!jobTypes.includes(spec.Type)) problems.push(`invalid job type: ${JSON.stringify(spec.Type)}`)
  if (spec.Count < 0) problems.push('job count must be >= 0')
  if (spec.Tasks.length === 0) problems.push('missing job tasks')
  for (let at = 0; at < spec.Constraints.length; at++) {
    pushUnder(problems, `constraint ${at + 1} validation failed: `, constraintProblems(spec.Constraints[at] ?? null))
  }
  for (let at = 0; at < spec.Tasks.length; at++) {
    const task = spec.Tasks[at] ?? null
    if (task === null) problems.push(`task ${at + 1} is null`)
    else pushUnder(problems, `task ${task.Name} validation failed: `, taskProblems(task))
  }
  return problems
}

/** The prefix stands once, before the first of several. */
export function pushUnder(problems: string[], prefix: string, found: readonly string[]): void {
  if (found.length > 0) problems.push(prefix + found.join('\n'))
}

function constraintProblems(constraint: LabelSelectorRequirement | null): string[] {
  if (constraint === null) return ['constraint is null']
  const count = constraint.Values?.length ?? 0
  const problems = constraint.Key === '' ? ['selector key cannot be blank'] : []
  switch (constraint.Operator) {
    case 'in':
    case 'notin':
      if (count === 0) problems.push('selector values cannot be empty for In or NotIn operators')
      break
    case 'exists':
    case '!':
      if (count > 0) problems.push('selector values must be empty for Exists or DoesNotExist operators')
      break
    default:
      if (count !== 1) problems.push('selector values must have exactly one value for other operators')
  }
  return problems
}

/** The same for one task, without its name in front. */
export function taskProblems(task: Task): string[] {
  const problems: string[] = []
  if (task.Name === '') problems.push('missing task name')
  if (task.Name.includes('\0')) problems.push('task name contains null character')
  pushUnder(problems, 'engine validation failed: ', specProblems(task.Engine))
  pushFirst(problems, 'artifact validation failed: ', task.InputSources, inputProblems)
  pushFirst(problems, 'output validation failed: ', task.ResultPaths, resultProblems)
  if (task.ResultPaths.length > 0 && task.Publisher.Type === '' && task.Publisher.Params === undefined) {
    problems.push('publisher must be set if result paths are set')
  }
  const alias = duplicateOf(task.InputSources.map((input) => input?.Alias ?? ''))
  if (alias !== undefined) problems.push(`input source with alias ${alias} already exist`)
  pushUnder(problems, 'task timeouts validation failed: ', timeoutProblems(task.Timeouts))
  pushUnder(problems, 'task resources validation failed: ', resourceProblems(task))
  return problems
}

const specProblems = (spec: SpecConfig | null): string[] =>
  spec === null ? ['nil spec config'] : spec.Type === '' ? ['missing spec type'] : []

function inputProblems(input: InputSource | null): string[] {
  if (input === null) return ['input source is null']
  const problems: string[] = []
  pushUnder(problems, 'invalid artifact source: ', specProblems(input.Source))
  if (input.Target === '') problems.push('missing artifact target')
  return problems
}

function resultProblems(result: ResultPath | null): string[] {
  if (result === null) return ['path is nil']
  const problems: string[] = []
  if (result.Path === '') problems.push('path is blank')
  if (result.Name === '') problems.push('resultpath name is blank')
  return problems
}

/** Only the first item that is wrong is told. */
function pushFirst<Item>(
  problems: string[],
  prefix: string,
  items: readonly (Item | null)[],
  check: (item: Item | null) => string[],
): void {
  for (const item of items) {
    const found = check(item)
    if (found.length === 0) continue
    problems.push(prefix + found.join('\n'))
    return
  }
}

export const duplicateOf = (names: readonly string[]): string | undefined =>
  names.length < 2 ? undefined : names.find((name, at) => name !== '' && names.indexOf(name) < at)

function timeoutProblems({ ExecutionTimeout = 0n, QueueTimeout = 0n, TotalTimeout = 0n }: TimeoutConfig): string[] {
  if (ExecutionTimeout === 0n && QueueTimeout === 0n && TotalTimeout === 0n) return []
  // What is shown falls back to the total; what is added up does not.
  const execution = nanos(ExecutionTimeout > 0n ? ExecutionTimeout : TotalTimeout)
  const [queue, total] = [nanos(QueueTimeout), nanos(TotalTimeout)]
  const problems: string[] = []
  if (ExecutionTimeout < 0n) problems.push(`invalid execution timeout value: ${formatDuration(execution)}`)
  if (QueueTimeout < 0n) problems.push(`invalid queue timeout value: ${formatDuration(queue)}`)
  if (TotalTimeout < 0n) problems.push(`invalid total timeout value: ${formatDuration(total)}`)
  if (total > 0n && nanos(ExecutionTimeout) + queue > total) {
    problems.push(
      `execution timeout ${formatDuration(execution)} and queue timeout ${formatDuration(queue)} ` +
        `should be less than total timeout ${formatDuration(total)}`,
    )
  }
  return problems
}

/** Seconds as Go multiplies them: what overflows int64 wraps, and is refused as negative or shown as it is. */
const nanos = (seconds: bigint): bigint => BigInt.asIntN(64, seconds * 1_000_000_000n)

function resourceProblems(task: Task): string[] {
  for (const _ in task.Resources) {
    try {
      checkResources(task.Resources)
      return []
    } catch (error) {
      return [messageOf(error)]
    }
  }
  return []
}
