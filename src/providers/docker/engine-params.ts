import { Fault, messageOf } from '#lib/fault.ts'
import { decodeParams } from '#lib/params.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'

export const dockerType = 'docker'

export type DockerParams = {
  Image: string
  Entrypoint?: string[]
  Parameters?: string[]
  /** `NAME=value`; any number of them (X3). */
  EnvironmentVariables?: string[]
  WorkingDirectory?: string
}

const fields = {
  Image: 'string',
  Entrypoint: '[]string',
  Parameters: '[]string',
  EnvironmentVariables: '[]string',
  WorkingDirectory: 'string',
} as const

/**
 * Parameters of engine `docker`, checked. Throws a Fault ValidationError with the texts clients know.
 * Empty lists count as absent, as after the reference's own decoding.
 */
export function decodeDockerParams(engine: SpecConfig): DockerParams {
  if (typeKey(engine.Type) !== dockerType || engine.Type !== engine.Type.trim()) {
    throw invalid(`invalid docker engine type. expected ${dockerType}, but received: ${engine.Type}`)
  }
  if (engine.Params === undefined || engine.Params === null) {
    throw invalid('invalid docker engine params. cannot be nil')
  }
  const params = decoded(engine.Params)
  if (!params.Image) throw invalid("invalid docker engine param: 'Image' cannot be empty")
  checkWorkingDirectory(params.WorkingDirectory)
  checkEnvironment(params.EnvironmentVariables ?? [])
  return { ...withoutEmpty(params), Image: params.Image }
}

function decoded(params: Record<string, unknown>) {
  try {
    return decodeParams(params, 'EngineSpec', fields)
  } catch (error) {
    throw invalid(`failed to decode docker engine specs. ${messageOf(error)}`)
  }
}

function checkWorkingDirectory(path: string | undefined): void {
  if (path && !path.startsWith('/')) {
    const quoted = JSON.stringify(path)
    throw invalid(`invalid docker engine param: 'WorkingDirectory' (${quoted}) must contain absolute path`)
  }
}

/** What the system tells a program about itself cannot be overridden. */
function checkEnvironment(entries: readonly string[]): void {
  const reserved = 'BACALHAU_'
  for (const entry of entries) {
    const name = entry.split('=', 1)[0] ?? ''
    if (name.toUpperCase().startsWith(reserved)) {
      throw invalid(`invalid docker engine param: environment variable '${name}' cannot start with ${reserved}`)
    }
  }
}

const withoutEmpty = <Params extends object>(params: Params): Params =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value.length > 0)) as Params

const invalid = (message: string): Fault =>
  new Fault('ValidationError', message, { component: 'Docker', details: { FailureClass: 'user' } })
