import { type ComponentKind, idleParams, paramsOf } from './component.schema.ts'
import { nearestName } from './field-hint.schema.ts'
import { isCounted, isLongRunning, type JobSpec } from './job.ts'
import { type Path, pathText } from './problem.ts'
import { type SpecConfig, typeKey } from './spec-config.ts'
import type { Task } from './task.ts'

/** A part of a right job that changes nothing: `Count` `has no effect …`. */
export type IdlePart = { readonly path: Path; readonly why: string }

/** `place`: where the part stands in a file, when that is known. */
export const idleText = ({ path, why }: IdlePart, place?: string): string =>
  `${pathText(path)}${place === undefined ? '' : ` (${place})`} ${why}`

/** What a right job says that changes nothing: it is taken, and its author told. */
export function idleParts(spec: JobSpec): IdlePart[] {
  const idle: IdlePart[] = []
  const task = spec.Tasks[0]
  if (!isCounted(spec.Type) && (spec.MaxPerNode ?? 0) > 0)
    idle.push({ path: ['MaxPerNode'], why: `has no effect on ${spec.Type} jobs` })
  if (task) pushIdleOfTask(idle, spec, task)
  return idle
}

function pushIdleOfTask(idle: IdlePart[], { Type }: JobSpec, task: Task): void {
  const { Timeouts, Network, Publisher, ResultPaths, InputSources, Engine, Resources } = task
  const push = (path: Path, where: string) => idle.push({ path: ['Tasks', 0, ...path], why: `has no effect ${where}` })
  const onType = `on ${Type} jobs`
  if (Type === 'daemon' && Timeouts.QueueTimeout) push(['Timeouts', 'QueueTimeout'], onType)
  if (isLongRunning(Type)) {
    if (Timeouts.ExecutionTimeout) push(['Timeouts', 'ExecutionTimeout'], onType)
    if (Timeouts.TotalTimeout) push(['Timeouts', 'TotalTimeout'], onType)
    if (Publisher.Type !== '') push(['Publisher'], onType)
    if (ResultPaths.length > 0) push(['ResultPaths'], onType)
  }
  if (Network.Domains && Network.Type !== 'HTTP') push(['Network', 'Domains'], `with network ${Network.Type}`)
  if (Network.Type === 'HTTP' && !Network.Domains?.length) idle.push({ path: ['Tasks', 0, 'Network'], why: noDomains })
  if (typeKey(Engine.Type) === 'wasm') {
    if (Network.Ports) push(['Network', 'Ports'], 'with the wasm engine')
    if (Number(Resources.GPU ?? 0) > 0)
      push(['Resources', 'GPU'], 'on the program of a wasm engine, but reserves devices')
  }
  if (typeKey(Engine.Type) === 'docker') pushBareNames(idle, Engine)
  pushIdleParams(idle, 'engine', Engine, ['Engine'])
  pushIdleParams(idle, 'publisher', Publisher, ['Publisher'])
  for (let at = 0; at < InputSources.length; at++) {
    pushIdleParams(idle, 'storage', (InputSources[at] as { Source: SpecConfig }).Source, ['InputSources', at, 'Source'])
  }
}

/** The releases before took such a job, and no node of theirs could start it. */
const noDomains = 'names no Domains: nodes decline a task with network HTTP that names none'

/** A comma on the command line makes one of what was meant as the end of a value. */
function pushBareNames(idle: IdlePart[], { Params }: SpecConfig): void {
  const name = Object.keys(Params ?? {}).find((key) => key.toLowerCase() === 'environmentvariables')
  const entries = name === undefined ? undefined : Params?.[name]
  if (name === undefined || !Array.isArray(entries)) return
  for (const [at, entry] of entries.entries()) {
    if (typeof entry !== 'string' || entry.includes('=')) continue
    const path = ['Tasks', 0, 'Engine', 'Params', name, at]
    idle.push({ path, why: `${JSON.stringify(entry)} is not NAME=value: it sets nothing` })
  }
}

function pushIdleParams(idle: IdlePart[], kind: ComponentKind, spec: SpecConfig, path: Path): void {
  for (const name of idleParams(kind, spec)) {
    const meant = nearestName(name, paramsOf(kind, spec))
    const question = meant === undefined ? '' : `; do you mean ${meant}?`
    idle.push({
      path: ['Tasks', 0, ...path, 'Params', name],
      why: `is no parameter of ${kind} ${spec.Type} and has no effect${question}`,
    })
  }
}
