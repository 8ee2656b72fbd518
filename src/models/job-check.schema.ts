import { isDomain, isIpAddress, normalDomain } from '#lib/domains.ts'
import { messageOf } from '#lib/fault.ts'
import { patternProblem } from '#lib/glob-pattern.ts'
import { checkRequirement } from '#lib/selector/requirement.ts'
import { componentProblems } from './component.schema.ts'
import type { JobSpec, LabelSelectorRequirement, ReschedulePolicy } from './job.ts'
import { repeated } from './job-validate.schema.ts'
import { type Path, type Problem, problemAt, pushUnder } from './problem.ts'
import { placeOf } from './result-place.ts'
import { type SpecConfig, typeKey } from './spec-config.ts'
import type { InputSource, NetworkConfig, Port, ResultPath, Task } from './task.ts'

/**
 * What else is wrong with a job and can be known without a node (the reference takes these and fails later, or never).
 * What `validateJob` refuses is passed over.
 */
export function checkJob(spec: JobSpec): Problem[] {
  const problems: Problem[] = []
  if ((spec.Type === 'ops' || spec.Type === 'daemon') && spec.Count > 1) {
    const text = `${spec.Type} jobs cannot specify count > 1 as they run on all matching nodes`
    problems.push(problemAt(text, 'Count'))
  }
  if (spec.Count > maxCount) problems.push(problemAt(`job count must be <= ${maxCount}`, 'Count'))
  pushNameProblem(problems, 'Name', spec.Name)
  pushNameProblem(problems, 'Namespace', spec.Namespace)
  for (const key in spec.Labels) pushText(problems, labelProblem(key, spec.Labels[key] as string), 'Labels', key)
  for (let at = 0; at < spec.Constraints.length; at++) {
    const found = constraintProblems(spec.Constraints[at] ?? null)
    pushUnder(problems, `constraint ${at + 1} validation failed: `, ['Constraints', at], found)
  }
  const task = spec.Tasks[0]
  if (task) pushUnder(problems, `task ${task.Name} validation failed: `, ['Tasks', 0], taskProblems(task))
  problems.push(...negativeFields({ MaxPerNode: spec.MaxPerNode }))
  const negative = negativeFields(spec.Disconnect ?? {})
  pushUnder(problems, 'disconnect rule validation failed: ', ['Disconnect'], negative)
  const wrong = rescheduleProblems(spec.Reschedule ?? {})
  pushUnder(problems, 'reschedule policy validation failed: ', ['Reschedule'], wrong)
  return problems
}

/** Each partition is held in memory whenever the job is looked at. */
const maxCount = 100_000
const maxNameLength = 253
const controlCharacter = /[\u0000-\u001f\u007f]/

function pushNameProblem(problems: Problem[], field: 'Name' | 'Namespace', name: string): void {
  if (name.length > maxNameLength) {
    problems.push(problemAt(`job name and namespace must not be longer than ${maxNameLength} characters`, field))
  }
  if (controlCharacter.test(name)) {
    problems.push(problemAt('job name and namespace must not contain control characters', field))
  }
}

/** A prefix of 253 characters, a slash and a name of 63. */
const maxLabelKeyLength = 317

function labelProblem(key: string, value: string): string | undefined {
  if (key === '') return 'job label key cannot be empty'
  if (key.length > maxLabelKeyLength) return `job label key must not be longer than ${maxLabelKeyLength} characters`
  if (value.length > maxNameLength) return `job label value must not be longer than ${maxNameLength} characters`
  return controlCharacter.test(key) || controlCharacter.test(value)
    ? 'job label must not contain control characters'
    : undefined
}

/** Keys, operators and values that no node can answer. */
function constraintProblems(constraint: LabelSelectorRequirement | null): Problem[] {
  if (constraint === null) return none
  try {
    checkRequirement(constraint)
    return none
  } catch (error) {
    return [problemAt(messageOf(error))]
  }
}

const none: Problem[] = []

function taskProblems(task: Task): Problem[] {
  const problems: Problem[] = []
  if (task.Name.length > maxNameLength) {
    problems.push(problemAt(`task name must not be longer than ${maxNameLength} characters`, 'Name'))
  }
  if (controlCharacter.test(task.Name)) {
    problems.push(problemAt('task name must not contain control characters', 'Name'))
  }
  for (const name in task.Env) pushText(problems, envProblem(name, task.Env[name] as string), 'Env', name)
  pushComponent(problems, 'engine', task.Engine, ['Engine'])
  if (task.Publisher.Type !== '') pushComponent(problems, 'publisher', task.Publisher, ['Publisher'])
  pushInputProblems(problems, task)
  pushResultProblems(problems, task.ResultPaths)
  pushUnder(problems, 'invalid network: ', ['Network'], networkProblems(task.Network))
  if ((task.StopGrace ?? 0) < 0) problems.push(problemAt('stop grace must be >= 0', 'StopGrace'))
  return problems
}

function pushInputProblems(problems: Problem[], { Engine, InputSources }: Task): void {
  // A WASM program has no working directory but the root; `wasm run` of 1.9 places its module at `main.wasm`.
  const isFromRoot = Engine !== null && typeKey(Engine.Type) === 'wasm'
  for (let at = 0; at < InputSources.length; at++) {
    const input = InputSources[at] as InputSource | null
    if (input === null) continue
    pushComponent(problems, 'storage', input.Source, ['InputSources', at, 'Source'])
    const target = isFromRoot ? fromRoot(input.Target) : input.Target
    pushText(problems, pathProblem('input target', target), 'InputSources', at, 'Target')
  }
  for (const at of repeated(InputSources, (input) => input?.Target ?? '')) {
    const text = `input source with target '${InputSources[at]?.Target}' already exists`
    problems.push(problemAt(text, 'InputSources', at, 'Target'))
  }
}

function pushResultProblems(problems: Problem[], results: readonly (ResultPath | null)[]): void {
  for (let at = 0; at < results.length; at++) {
    const result = results[at] ?? null
    if (result === null) continue
    pushText(problems, resultNameProblem(result.Name), 'ResultPaths', at, 'Name')
    pushText(problems, resultPathProblem(result.Path), 'ResultPaths', at, 'Path')
  }
  for (const at of repeated(results, (result) => result?.Name ?? '')) {
    const text = `result path with name '${results[at]?.Name}' already exists`
    problems.push(problemAt(text, 'ResultPaths', at, 'Name'))
  }
  for (const at of repeated(results, (result) => placeOf(result?.Path ?? '').folder)) {
    problems.push(problemAt(sameFolderText(results[at]?.Path ?? ''), 'ResultPaths', at, 'Path'))
  }
}

/** A folder is in the program once. */
function sameFolderText(path: string): string {
  const { folder, pattern } = placeOf(path)
  const cure = `another result path has its folder; one pattern names several kinds, such as ${folder}/{*.csv,*.json}`
  return `result path '${path}' ${pattern === '' ? 'already exists' : `cannot be added: ${cure}`}`
}

function resultPathProblem(path: string): string | undefined {
  const { folder, pattern } = placeOf(path)
  const wrong = patternProblem(path)
  if (wrong !== undefined) return `result path ${JSON.stringify(path)} ${wrong}`
  if (pattern !== '' && path.startsWith('/') && /^[/.]*$/.test(folder)) {
    return `result path ${JSON.stringify(path)} needs a folder before its first wildcard, such as /outputs/*.csv`
  }
  return pathProblem('result path', path)
}

function pushText(problems: Problem[], text: string | undefined, ...path: Path): void {
  if (text !== undefined) problems.push(problemAt(text, ...path))
}

const pushComponent = (
  problems: Problem[],
  kind: 'engine' | 'storage' | 'publisher',
  spec: SpecConfig | null,
  path: Path,
): void => {
  if (spec !== null) pushUnder(problems, '', path, componentProblems(kind, spec))
}

/** What is wrong with a variable of a task: any name that a shell takes will do, but for those that are ours. */
export function envProblem(name: string, value: string): string | undefined {
  if (name === '') return 'environment variable name cannot be empty'
  if (/^BACALHAU_/i.test(name)) return `environment variable '${name}' cannot start with BACALHAU_`
  if (value.includes('\0')) return `environment variable '${name}' must not contain a null character`
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return undefined
  return /^[A-Za-z_]/.test(name)
    ? `environment variable '${name}' can only contain letters, numbers, and underscores`
    : `environment variable '${name}' must start with a letter`
}

const fromRoot = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

/** Where something is mounted inside a task (security of the reference, part 6). */
function pathProblem(what: string, path: string): string | undefined {
  if (!path.startsWith('/')) return `${what} ${JSON.stringify(path)} must be absolute`
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) return `${what} ${JSON.stringify(path)} must not contain ..`
  if (parts.length === 0) return `${what} must not be the root folder`
  if (path.includes('\0')) return `${what} must not contain a null character`
  return ['proc', 'sys', 'dev'].includes(parts[0] as string) ? `${what} ${path} lies in a system folder` : undefined
}

/** What stands in every result beside its folders. */
const namesTaken: readonly string[] = ['stdout', 'stderr', 'exitCode']

function resultNameProblem(name: string): string | undefined {
  if (namesTaken.includes(name)) return `result path name '${name}' is taken: every result has a file of that name`
  const isSegment = !/[/\\\0]/.test(name) && name !== '.' && name !== '..' && Buffer.byteLength(name) <= 255
  return isSegment ? undefined : `result path name ${JSON.stringify(name)} must be a plain name`
}

function networkProblems({ Type, Domains = [], Ports = [] }: NetworkConfig): Problem[] {
  const problems: Problem[] = []
  // Domains of a task without HTTP network have no effect; 1.4 takes them in silence.
  if (Type === 'HTTP') {
    for (const [at, domain] of Domains.entries()) {
      if (!isDomain(normalDomain(domain))) problems.push(problemAt(`invalid domain "${domain}"`, 'Domains', at))
    }
  }
  if (Ports.length > 0) pushPortProblems(problems, Type, Ports)
  return problems
}

function pushPortProblems(problems: Problem[], type: NetworkConfig['Type'], ports: readonly (Port | null)[]): void {
  if (type !== 'Host' && type !== 'Bridge' && type !== 'Full' && type !== 'Default') {
    problems.push(problemAt('ports can only be set for Host or Bridge network modes', 'Ports'))
    return
  }
  const seen = { name: new Set<unknown>(), static: new Set<unknown>(), target: new Set<unknown>() }
  for (const [at, port] of ports.entries()) {
    const found = port === null ? [problemAt('port mapping is null')] : portProblems(type, port, seen)
    pushUnder(problems, '', ['Ports', at], found)
  }
}

type Seen = { name: Set<unknown>; static: Set<unknown>; target: Set<unknown> }

function portProblems(type: NetworkConfig['Type'], port: Port, seen: Seen): Problem[] {
  const { Name, Static = 0, Target = 0, HostNetwork = '' } = port
  const problems: Problem[] = []
  const refuse = (field: keyof Port, text: string) => problems.push(problemAt(text, field))
  const nameText = portNameProblem(Name)
  if (nameText !== undefined) refuse('Name', nameText)
  if (isRepeated(seen.name, Name)) refuse('Name', `duplicate port mapping name "${Name}"`)
  if (Static !== 0 && Static < 1024) refuse('Static', `static port ${Static} is in privileged port range (1-1023)`)
  if (Static > 65_535) refuse('Static', `static port ${Static} is above maximum valid port 65535`)
  if (Static !== 0 && isRepeated(seen.static, Static)) {
    refuse('Static', `duplicate port mapping static port ${Static}`)
  }
  if (Target < 0 || Target > 65_535) refuse('Target', `invalid target port ${Target}`)
  if (Target !== 0 && isRepeated(seen.target, Target)) {
    refuse('Target', `duplicate port mapping target port ${Target}`)
  }
  if (Target !== 0 && type === 'Host') refuse('Target', 'target ports cannot be set for Host network mode')
  if (HostNetwork !== '' && !isIpAddress(HostNetwork)) {
    refuse('HostNetwork', `invalid host network IP address: ${HostNetwork}`)
  }
  return problems
}

function portNameProblem(name: string): string | undefined {
  if (name === '') return 'port mapping name is required'
  if (name.length > 237) return 'port name too long (max 237 characters)'
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? undefined
    : 'port name must be a valid environment variable name: start with letter/underscore and contain only letters, numbers, and underscores'
}

function isRepeated(seen: Set<unknown>, value: unknown): boolean {
  if (seen.has(value)) return true
  seen.add(value)
  return false
}

function rescheduleProblems(policy: ReschedulePolicy): Problem[] {
  const isInVain = (policy.MoreMemory ?? 0) > 0 && policy.Classes && !policy.Classes.includes('resource')
  const text = 'MoreMemory needs resource among Classes: no attempt would get it'
  return [...negativeFields(policy), ...(isInVain ? [problemAt(text, 'MoreMemory')] : [])]
}

const negativeFields = (fields: Readonly<Record<string, unknown>>): Problem[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    typeof value === 'number' && value < 0 ? [problemAt(`${name} must be >= 0`, name)] : [],
  )
