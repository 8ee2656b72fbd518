import { isDomain, isIpAddress, normalDomain } from '#lib/domains.ts'
import { messageOf } from '#lib/fault.ts'
import { checkRequirement } from '#lib/selector/requirement.ts'
import { componentProblem } from './component.schema.ts'
import type { JobSpec, LabelSelectorRequirement } from './job.ts'
import { duplicateOf, pushUnder } from './job-validate.schema.ts'
import { typeKey } from './spec-config.ts'
import type { NetworkConfig, Port, Task } from './task.ts'

/**
 * What else is wrong with a job and can be known without a node (the reference takes these and fails later, or never).
 * To be called on a job that `validateJob` found right.
 */
export function checkJob(spec: JobSpec): string[] {
  const problems: string[] = []
  if ((spec.Type === 'ops' || spec.Type === 'daemon') && spec.Count > 1) {
    problems.push(`${spec.Type} jobs cannot specify count > 1 as they run on all matching nodes`)
  }
  if (spec.Count > maxCount) problems.push(`job count must be <= ${maxCount}`)
  if (spec.Name.length > maxNameLength || spec.Namespace.length > maxNameLength) {
    problems.push(`job name and namespace must not be longer than ${maxNameLength} characters`)
  }
  if (controlCharacter.test(spec.Name) || controlCharacter.test(spec.Namespace)) {
    problems.push('job name and namespace must not contain control characters')
  }
  for (let at = 0; at < spec.Constraints.length; at++) {
    const found = constraintProblems(spec.Constraints[at] as LabelSelectorRequirement)
    pushUnder(problems, `constraint ${at + 1} validation failed: `, found)
  }
  const task = spec.Tasks[0]
  if (task) pushUnder(problems, `task ${task.Name} validation failed: `, taskProblems(task))
  pushUnder(problems, 'reschedule policy validation failed: ', negativeFields(spec.Reschedule ?? {}))
  return problems
}

/** Each partition is held in memory whenever the job is looked at. */
const maxCount = 100_000
const maxNameLength = 253
const controlCharacter = /[\u0000-\u001f\u007f]/

/** Keys, operators and values that no node can answer. */
function constraintProblems(constraint: LabelSelectorRequirement): string[] {
  try {
    checkRequirement(constraint)
    return []
  } catch (error) {
    return [messageOf(error)]
  }
}

function taskProblems(task: Task): string[] {
  const problems: string[] = []
  // A WASM program has no working directory but the root; `wasm run` of 1.9 places its module at `main.wasm`.
  const isFromRoot = typeKey(task.Engine.Type) === 'wasm'
  for (const name in task.Env) pushText(problems, envProblem(name, task.Env[name] as string))
  pushText(problems, componentProblem('engine', task.Engine))
  if (task.Publisher.Type !== '') pushText(problems, componentProblem('publisher', task.Publisher))
  for (const { Source, Target } of task.InputSources) {
    pushText(problems, componentProblem('storage', Source))
    pushText(problems, pathProblem('input target', isFromRoot ? fromRoot(Target) : Target))
  }
  for (const { Name, Path } of task.ResultPaths) {
    pushText(problems, resultNameProblem(Name))
    pushText(problems, pathProblem('result path', Path))
  }
  pushDuplicate(
    problems,
    'input source with target',
    task.InputSources.map((input) => input.Target),
  )
  pushDuplicate(
    problems,
    'result path with name',
    task.ResultPaths.map((result) => result.Name),
  )
  pushDuplicate(
    problems,
    'result path',
    task.ResultPaths.map((result) => result.Path),
  )
  pushUnder(problems, 'invalid network: ', networkProblems(task.Network))
  if ((task.StopGrace ?? 0) < 0) problems.push('stop grace must be >= 0')
  return problems
}

const pushText = (problems: string[], problem: string | undefined): void => {
  if (problem !== undefined) problems.push(problem)
}

function pushDuplicate(problems: string[], what: string, names: readonly string[]): void {
  const name = duplicateOf(names)
  if (name !== undefined) problems.push(`${what} '${name}' already exists`)
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

function resultNameProblem(name: string): string | undefined {
  const isSegment = !/[/\\\0]/.test(name) && name !== '.' && name !== '..' && name.length <= 255
  return isSegment ? undefined : `result path name ${JSON.stringify(name)} must be a plain name`
}

function networkProblems({ Type, Domains = [], Ports = [] }: NetworkConfig): string[] {
  const problems: string[] = []
  // Domains of a task without HTTP network have no effect; 1.4 takes them in silence.
  if (Type === 'HTTP') {
    for (const domain of Domains) {
      if (!isDomain(normalDomain(domain))) problems.push(`invalid domain "${domain}"`)
    }
  }
  if (Ports.length > 0) pushPortProblems(problems, Type, Ports)
  return problems
}

function pushPortProblems(problems: string[], type: NetworkConfig['Type'], ports: readonly (Port | null)[]): void {
  if (type !== 'Host' && type !== 'Bridge' && type !== 'Full' && type !== 'Default') {
    problems.push('ports can only be set for Host or Bridge network modes')
    return
  }
  const seen = { name: new Set<unknown>(), static: new Set<unknown>(), target: new Set<unknown>() }
  for (const port of ports) {
    if (port === null) problems.push('port mapping is null')
    else pushPort(problems, type, port, seen)
  }
}

type Seen = { name: Set<unknown>; static: Set<unknown>; target: Set<unknown> }

function pushPort(problems: string[], type: NetworkConfig['Type'], port: Port, seen: Seen): void {
  const { Name, Static = 0, Target = 0, HostNetwork = '' } = port
  if (Name === '') problems.push('port mapping name is required')
  else if (Name.length > 237) problems.push('port name too long (max 237 characters)')
  else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(Name)) {
    problems.push(
      'port name must be a valid environment variable name: start with letter/underscore and contain only letters, numbers, and underscores',
    )
  }
  if (isRepeated(seen.name, Name)) problems.push(`duplicate port mapping name "${Name}"`)
  if (Static !== 0 && Static < 1024) problems.push(`static port ${Static} is in privileged port range (1-1023)`)
  if (Static > 65_535) problems.push(`static port ${Static} is above maximum valid port 65535`)
  if (Static !== 0 && isRepeated(seen.static, Static)) problems.push(`duplicate port mapping static port ${Static}`)
  if (Target < 0 || Target > 65_535) problems.push(`invalid target port ${Target}`)
  if (Target !== 0 && isRepeated(seen.target, Target)) problems.push(`duplicate port mapping target port ${Target}`)
  if (Target !== 0 && type === 'Host') problems.push('target ports cannot be set for Host network mode')
  if (HostNetwork !== '' && !isIpAddress(HostNetwork)) problems.push(`invalid host network IP address: ${HostNetwork}`)
}

function isRepeated(seen: Set<unknown>, value: unknown): boolean {
  if (seen.has(value)) return true
  seen.add(value)
  return false
}

const negativeFields = (fields: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    typeof value === 'number' && value < 0 ? [`${name} must be >= 0`] : [],
  )
