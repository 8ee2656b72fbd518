import { Fault } from '../fault.ts'
import { formatFloat } from '../go/strconv-float.ts'
import { numberOfJson } from '../json/raw-number.ts'
import { isEndpoint } from './endpoint.ts'
import { checkPartition, noPartition, type S3Partition } from './partition.ts'

export type S3Source = {
  Bucket: string
  Key: string
  Filter: string
  Region: string
  Endpoint: string
  VersionID: string
  ChecksumSHA256: string
  Partition: S3Partition
}
export type S3PublisherParams = { Bucket: string; Key: string; Endpoint: string; Region: string; Encoding: string }
type Spec = { Type: string; Params?: Readonly<Record<string, unknown>> | null }

const emptySource: S3Source = {
  Bucket: '',
  Key: '',
  Filter: '',
  Region: '',
  Endpoint: '',
  VersionID: '',
  ChecksumSHA256: '',
  Partition: noPartition,
}
const emptyPublisher: S3PublisherParams = { Bucket: '', Key: '', Endpoint: '', Region: '', Encoding: '' }

/** Reads the parameters of an S3 input [R169] [R171]. Throws Fault('ValidationError') with Bacalhau's sentence. */
export function decodeS3Source({ Type, Params }: Spec): S3Source {
  if (Type.toLowerCase() !== 's3') throw wrong(`invalid storage source type. expected s3, but received: ${Type}`)
  if (!Params) throw wrong('invalid storage source params. cannot be nil')
  const source = decoded(Params, emptySource)
  if (source.Bucket === '') throw wrong('invalid s3 storage params: bucket cannot be empty')
  checkEndpoint(source.Endpoint)
  checkPartition(source.Partition)
  return source
}

/** Reads the parameters of an S3 publisher [R192]. Throws Fault('ValidationError') with Bacalhau's sentence. */
export function decodeS3Publisher({ Type, Params }: Spec): S3PublisherParams {
  if (Type.toLowerCase() !== 's3') throw wrong(`invalid publisher type. expected s3, but received: ${Type}`)
  if (!Params) throw wrong('invalid publisher params. cannot be nil')
  const params = decoded(Params, emptyPublisher)
  if (params.Bucket === '') throw wrong('invalid s3 params. bucket cannot be empty')
  if (params.Key === '') throw wrong('invalid s3 params. key cannot be empty')
  if (!['', 'plain', 'gzip'].includes(params.Encoding)) {
    throw wrong("invalid s3 params. encoding must be either 'plain' or 'gzip'")
  }
  if (params.Key.split('/').some((name) => name === '.' || name === '..')) {
    throw wrong(
      'invalid s3 params. key has a part . or ..',
      'No address leads to such a key: nobody could fetch the result',
    )
  }
  checkEndpoint(params.Endpoint)
  return params
}

/** The fields of `empty` from free parameters: keys without case, unknown ones ignored, null as absent. */
function decoded<Fields extends object>(params: Readonly<Record<string, unknown>>, empty: Fields): Fields {
  const problems: string[] = []
  const fields = read(params, empty as Record<string, unknown>, '', problems)
  if (problems.length === 0) return fields as Fields
  const lines = problems.sort().map((problem) => `* ${problem}`)
  throw wrong(`${problems.length} error(s) decoding:\n\n${lines.join('\n')}`)
}

function read(
  params: Readonly<Record<string, unknown>>,
  empty: Readonly<Record<string, unknown>>,
  path: string,
  problems: string[],
): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...empty }
  for (const name of Object.keys(empty)) {
    const key = Object.hasOwn(params, name) ? name : Object.keys(params).find((each) => sameName(each, name))
    const value = key === undefined ? undefined : params[key]
    if (value !== undefined && value !== null) fields[name] = readField(value, empty[name], path + name, problems)
  }
  return fields
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

function readField(value: unknown, empty: unknown, path: string, problems: string[]): unknown {
  const kind = goKind(value)
  if (typeof empty === 'object') {
    if (kind === 'map[string]interface {}') {
      return read(value as Record<string, unknown>, empty as Record<string, unknown>, `${path}.`, problems)
    }
    problems.push(`'${path}' expected a map, got '${kind === '[]interface {}' ? 'slice' : kind}'`)
    return empty
  }
  if (typeof empty === 'string' && kind === 'string') return value
  if (typeof empty === 'number' && kind === 'float64') return Math.trunc(numberOfJson(value) as number)
  const wanted = typeof empty === 'number' ? 'int' : 'string'
  problems.push(`'${path}' expected type '${wanted}', got unconvertible type '${kind}', value: '${goText(value)}'`)
  return empty
}

function goKind(value: unknown): string {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (numberOfJson(value) !== undefined) return 'float64'
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}

/** A value as Go prints it. */
function goText(value: unknown): string {
  if (value === null) return '<nil>'
  const number = numberOfJson(value)
  if (number !== undefined) return formatFloat(number, 'g')
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  const entries = Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, each]) => `${key}:${goText(each)}`).join(' ')}]`
}

function checkEndpoint(endpoint: string): void {
  if (!isEndpoint(endpoint)) {
    throw wrong(`${JSON.stringify(endpoint)} is no endpoint of S3`, 'An endpoint is http://HOST:PORT or https://HOST')
  }
}

const wrong = (message: string, hint?: string): Fault =>
  new Fault('ValidationError', message, { ...(hint !== undefined && { hint }) })
