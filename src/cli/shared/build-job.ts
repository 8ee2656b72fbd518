import { Fault, messageOf } from '#lib/fault.ts'
import { checkLabels } from '#lib/selector/labels.ts'
import { parseSelector } from '#lib/selector/parse.ts'
import type { InputSpec } from '#lib/spec-text/input-spec.ts'
import type { JobDraft } from '#models/job.schema.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { isPublisherNeeded, taskProblems, validateJob } from '#models/job-validate.schema.ts'
import { type Problem, problemText } from '#models/problem.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { uploadType } from '#models/upload.ts'
import type { FlagValues } from '../flags.ts'
import type { Submission } from '../waiting/submit.ts'
import { type jobFlags, jobTypeOf, type taskFlags } from './job-flags.ts'
import type { runFlags } from './run-flags.ts'
import { doing } from './wrap-error.ts'

type Given = {
  readonly flags: FlagValues<typeof jobFlags & typeof taskFlags> & Pick<FlagValues<typeof runFlags>, 'dry-run'>
  isGiven(name: 'concurrency' | 'selector'): boolean
}

/**
 * The job that flags describe, checked as the server will check it, in the order and words of the reference. Result paths without a
 * publisher are left to an orchestrator that is asked next: it may have one to give.
 */
export function buildJob(
  { flags, isGiven }: Given,
  engine: SpecConfig,
  environment: Record<string, string>,
): Submission {
  const draft: JobDraft = {
    Name: flags.name,
    Namespace: flags.namespace,
    Type: jobTypeOf(flags.target),
    Priority: flags.priority,
    Count: isGiven('concurrency') ? flags.concurrency : flags.count,
    Tasks: [taskDraft(flags, engine, environment)],
  }
  const [task] = normalizeJob(draft, { defaultNetwork: 'None' }).Tasks
  const isRefused = (problem: Problem) => flags['dry-run'] || !isPublisherNeeded(problem)
  const problems = task ? taskProblems(task).filter(isRefused) : []
  if (problems.length > 0) throw refused(`building job spec: failed to create job: ${problemText(problems)}`)
  const selector = isGiven('selector') ? flags.selector : flags.constraints
  const spec = normalizeJob(
    { ...draft, Constraints: constraintsOf(selector), Labels: labelsOf(flags.labels) },
    { defaultNetwork: 'None' },
  )
  const whole = validateJob(spec).filter(isRefused)
  if (whole.length > 0) throw refused(`the job provided is invalid: ${problemText(whole)}`)
  return { spec, id: '', warnings: [] }
}

const refused = (message: string): Fault => new Fault('ValidationError', message)

function taskDraft(flags: Given['flags'], engine: SpecConfig, environment: Record<string, string>) {
  const seconds = (value: number) => (value === 0 ? undefined : BigInt(value))
  return {
    Name: flags['task-name'],
    Engine: engine,
    Publisher: flags.publisher,
    Env: environment,
    InputSources: aliasedOnce(flags.input),
    ResultPaths: [...flags.output],
    Resources: withoutEmpty({ CPU: flags.cpu, Memory: flags.memory, Disk: flags.disk, GPU: flags.gpu }),
    Network: { Type: flags.network, Domains: [...flags.domain] },
    Timeouts: withoutEmpty({ TotalTimeout: seconds(flags.timeout), QueueTimeout: seconds(flags['queue-timeout']) }),
  }
}

/** The same file of this machine may lie at several places; what a module imports by its name is the first. */
const aliasedOnce = (inputs: readonly InputSpec[]): InputSpec[] =>
  inputs.map((input, at) => {
    const isAgain = inputs.slice(0, at).some(({ Alias }) => Alias === input.Alias)
    return isAgain && input.Source.Type === uploadType ? { ...input, Alias: '' } : input
  })

const withoutEmpty = <Values extends object>(values: Values): Partial<Values> =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== '' && value !== undefined),
  ) as Partial<Values>

const constraintsOf = (selector: string) =>
  doing('building job spec: failed to parse job constraints: failed to parse node selector', () =>
    parseSelector(selector),
  )

/** `key=value`, cut at the first `=`; a key alone has the empty value. */
function labelsOf(texts: readonly string[]): Record<string, string> {
  const labels = Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
    }),
  )
  try {
    checkLabels(labels)
  } catch (error) {
    // Mostly it is `-l` of a program such as ls.
    const hint = 'A label is KEY=VALUE; options of the program itself stand behind --: docker run IMAGE -- ls -l'
    const text = `building job spec: receieved invalid job labels: ${messageOf(error)}`
    throw new Fault('BadRequest', text, { hint, cause: error })
  }
  return labels
}
