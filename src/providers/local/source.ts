import { Fault } from '#lib/fault.ts'
import { decodeParams } from '#lib/params.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'

export const localTypes = ['localdirectory', 'local'] as const

const createStrategies = ['dir', 'file', 'noCreate'] as const
type CreateStrategy = (typeof createStrategies)[number]

export type LocalSource = {
  SourcePath: string
  ReadWrite: boolean
  /** What to make when nothing is there; needs ReadWrite. */
  CreateAs: CreateStrategy
}

/** Parameters of a local source, checked. Throws a Fault ValidationError with the texts clients know. */
export function decodeLocalSource(source: SpecConfig): LocalSource {
  if (!localTypes.some((type) => type === typeKey(source.Type))) {
    throw invalid(`invalid storage source type. expected localDirectory, but received: ${source.Type}`)
  }
  if (!source.Params || Object.keys(source.Params).length === 0) {
    throw invalid('invalid storage source params. cannot be nil')
  }
  const params = Object.fromEntries(Object.entries(source.Params).map(([key, value]) => [key, flagOf(key, value)]))
  const decoded = decodeParams(params, 'Source', { SourcePath: 'string', ReadWrite: 'bool', CreateAs: 'string' })
  if (!decoded.SourcePath?.startsWith('/')) {
    throw invalid(
      `invalid local storage params: SourcePath (${JSON.stringify(decoded.SourcePath ?? '')}) must be absolute`,
    )
  }
  const CreateAs = strategyOf(decoded.CreateAs ?? '')
  if (CreateAs === 'file' && decoded.SourcePath.endsWith('/')) {
    throw invalid(`SourcePath ${decoded.SourcePath} is a directory but CreateAs is set to file`)
  }
  return { SourcePath: decoded.SourcePath, ReadWrite: decoded.ReadWrite ?? false, CreateAs }
}

/** The command line writes options as text: `opt=rw=true`. */
const flagOf = (key: string, value: unknown): unknown =>
  key.toLowerCase() === 'readwrite' && (value === 'true' || value === 'false') ? value === 'true' : value

function strategyOf(text: string): CreateStrategy {
  if (text.trim() === '') return 'noCreate'
  const found = createStrategies.find((strategy) => strategy.toLowerCase() === text.trim().toLowerCase())
  if (!found) throw invalid(`invalid CreateAs value ${text}`, `Use one of ${createStrategies.join(', ')}`)
  return found
}

const invalid = (message: string, hint?: string): Fault =>
  new Fault('ValidationError', message, { details: { FailureClass: 'user' }, ...(hint && { hint }) })
