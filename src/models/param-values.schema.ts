import { isEndpoint } from '#lib/s3/endpoint.ts'
import { sha256Hex } from '#lib/sha256-text.ts'
import { type Problem, problemAt } from './problem.ts'

/** Parameters of one component as they were read: kinds are right, those that must be there are there. */
type Params = Readonly<Record<string, unknown>>

const checks: Readonly<Record<string, (params: Params) => Problem | undefined>> = {
  'engine docker': (params) =>
    workingDirectoryProblem((params['WorkingDirectory'] as string | undefined) ?? '') ??
    variableProblem((params['EnvironmentVariables'] as string[] | undefined) ?? []) ??
    nullProblem('docker', params),
  'engine wasm': (params) => nullProblem('wasm', params),
  'storage inline': ({ URL }) =>
    (URL as string).startsWith('data:')
      ? undefined
      : problemAt('invalid inline storage params: url must be a data URL', 'Params', 'URL'),
  'storage urldownload': urlProblem,
  'storage s3': ({ Endpoint }) => endpointProblem('invalid s3 storage params: ', Endpoint),
  'publisher s3': s3PublisherProblem,
  'storage localdirectory': localProblem,
  'storage local': localProblem,
}

/** Why the values of parameters cannot be right on any node; undefined when nothing is known against them. */
export const valueProblem = (kind: string, type: string, params: Params): Problem | undefined =>
  checks[`${kind} ${type}`]?.(params)

/** Where a program starts may be the root; nothing is mounted there. */
function workingDirectoryProblem(path: string): Problem | undefined {
  if (path === '') return undefined
  const refused = (text: string) =>
    problemAt(`invalid docker engine param: 'WorkingDirectory' (${quoted(path)}) ${text}`, 'Params', 'WorkingDirectory')
  if (!path.startsWith('/')) return refused('must contain absolute path')
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) return refused('must not contain ..')
  return ['proc', 'sys', 'dev'].includes(parts[0] ?? '') ? refused('lies in a system folder') : undefined
}

function variableProblem(entries: readonly string[]): Problem | undefined {
  const at = entries.findIndex((entry) => /^BACALHAU_/i.test(entry))
  if (at < 0) return undefined
  const name = entries[at]?.split('=')[0]
  const text = `invalid docker engine param: environment variable '${name}' cannot start with BACALHAU_`
  return problemAt(text, 'Params', 'EnvironmentVariables', at)
}

/** What a program is started with ends at a null character: one within would cut it off, or is refused by the system. */
function nullProblem(type: string, params: Params): Problem | undefined {
  const hasNull = (value: unknown): boolean =>
    typeof value === 'string' ? value.includes('\0') : isList(value) && Object.entries(value).flat().some(hasNull)
  const name = Object.keys(params).find((each) => each !== 'EntryModule' && hasNull(params[each]))
  return name === undefined
    ? undefined
    : problemAt(`invalid ${type} engine param: '${name}' must not contain a null character`, 'Params', name)
}

const isList = (value: unknown): value is object => typeof value === 'object' && value !== null

function urlProblem({ URL: url, ChecksumSHA256 = '' }: Params): Problem | undefined {
  const refused = (text: string, field = 'URL') => problemAt(`invalid url storage params: ${text}`, 'Params', field)
  if (ChecksumSHA256 !== '' && sha256Hex(ChecksumSHA256 as string) === undefined) {
    return refused('ChecksumSHA256 must be a SHA-256 in hex or base64', 'ChecksumSHA256')
  }
  const text = url as string
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return refused(`${quoted(text)} is no http or https URL`)
  return /^https?:\/\/[^/?#]+\//i.test(text) ? undefined : refused('URL must end with a file name')
}

const endpointProblem = (prefix: string, endpoint: unknown): Problem | undefined =>
  isEndpoint((endpoint as string | undefined) ?? '')
    ? undefined
    : problemAt(`${prefix}${quoted(endpoint as string)} is no endpoint of S3`, 'Params', 'Endpoint')

function s3PublisherProblem({ Key = '', Encoding = '', Endpoint }: Params): Problem | undefined {
  if (Key === '') return problemAt('invalid s3 params. key cannot be empty', 'Params', 'Key')
  if (!['', 'plain', 'gzip'].includes(Encoding as string)) {
    return problemAt("invalid s3 params. encoding must be either 'plain' or 'gzip'", 'Params', 'Encoding')
  }
  return endpointProblem('invalid s3 params. ', Endpoint)
}

/** The command line of newer clients writes options as text: `opt=rw=true`. */
function localProblem({ SourcePath, ReadWrite = false }: Params): Problem | undefined {
  const path = SourcePath as string
  if (!path.startsWith('/')) {
    const text = `invalid local storage params: SourcePath (${quoted(path)}) must be absolute`
    return problemAt(text, 'Params', 'SourcePath')
  }
  if (typeof ReadWrite === 'boolean' || ReadWrite === 'true' || ReadWrite === 'false') return undefined
  return problemAt('invalid local storage params: ReadWrite must be true or false', 'Params', 'ReadWrite')
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 200))
