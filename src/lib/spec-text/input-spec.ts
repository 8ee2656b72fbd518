import { posix } from 'node:path'
import { Fault, messageOf } from '../fault.ts'
import { parseBool } from '../go/strconv-parse.ts'
import { type GoUrl, parseUrl } from '../go/url.ts'
import { addOption, bare, specFields } from './fields.ts'

/** What `-i` stands for: the shape of a job's input source. */
export type InputSpec = { Source: { Type: string; Params: Record<string, unknown> }; Alias: string; Target: string }

const defaultTarget = '/inputs'
type Options = ReadonlyMap<string, string>
type Builder = (url: GoUrl, source: string, options: Options) => InputSpec['Source']

const builders: Readonly<Record<string, Builder>> = {
  ipfs: ipfsSource,
  http: urlSource,
  https: urlSource,
  s3: s3Source,
  file: localSource,
  git: unsupported,
  gitlfs: unsupported,
}

/**
 * Reads the value of `-i`: `URI[:TARGET]` or `src=…,dst=…,opt=name=value`. Throws Fault('BadRequest') with Bacalhau's
 * sentence. The source's text is its alias.
 */
export function parseInputSpec(text: string): InputSpec {
  let source = ''
  let target = defaultTarget
  const options = new Map<string, string>()
  specFields(text).forEach((field, index) => {
    if (field.value === undefined || isWebAddress(field.text)) {
      if (index > 0) throw badInput(`invalid storage option: ${field.text}. Must be a key=value pair`)
      ;({ source, target } = shortForm(field.text))
    } else if (['source', 'src'].includes(field.key)) source = field.value
    else if (['target', 'dst', 'destination'].includes(field.key)) target = field.value
    else if (['opt', 'option'].includes(field.key)) addOption(options, field.value)
    // The misspelling is what clients know.
    else throw badInput(`unpexted key ${field.key} in field ${field.text}`)
  })
  const uri = bare(source)
  const url = parseUrl(uri)
  const build = Object.hasOwn(builders, url.scheme) ? builders[url.scheme] : undefined
  if (build === undefined) throw badInput(`unknown storage schema: ${url.scheme}`)
  return { Source: build(url, uri, options), Alias: source, Target: bare(target) }
}

const isWebAddress = (text: string): boolean => /^https?:\/\//.test(text)

/** `URI[:TARGET]`, cut at the last colon behind the scheme that is neither that of a port nor in a query, unless a path follows there. */
function shortForm(text: string): { source: string; target: string } {
  const prefix = `${parseUrl(text).scheme}://`
  const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text
  const at = isWebAddress(text) ? colonOfTarget(rest) : rest.lastIndexOf(':')
  if (at === -1) return { source: text, target: defaultTarget }
  return { source: prefix + rest.slice(0, at), target: rest.slice(at + 1) }
}

function colonOfTarget(rest: string): number {
  const pathAt = /[/?#]|$/.exec(rest)?.index ?? 0
  const at = rest.includes('=') ? rest.search(/:\/(?!\/)[^:]*$/) : rest.lastIndexOf(':')
  const isOfPort = at < pathAt && /^\d+$/.test(rest.slice(at + 1, pathAt))
  return isOfPort ? -1 : at
}

function ipfsSource(url: GoUrl): InputSpec['Source'] {
  if (url.host === '') throw badInput('creating ipfs spec config: invalid ipfs params. cid cannot be empty')
  return { Type: 'ipfs', Params: { CID: url.host } }
}

function urlSource(url: GoUrl, source: string, options: Options): InputSpec['Source'] {
  if (url.path === '') {
    throw badInput('creating urlDownload storage spec: invalid url storage params: URL must end with a file name')
  }
  const checksum = [...options].find(([name]) => s3Options[name] === 'ChecksumSHA256')?.[1]
  return { Type: 'urlDownload', Params: { URL: source, ...(checksum && { ChecksumSHA256: checksum }) } }
}

const s3Options: Readonly<Record<string, string>> = {
  endpoint: 'Endpoint',
  region: 'Region',
  filter: 'Filter',
  versionID: 'VersionID',
  'version-id': 'VersionID',
  version_id: 'VersionID',
  'checksum-256': 'ChecksumSHA256',
  checksum256: 'ChecksumSHA256',
  checksum_256: 'ChecksumSHA256',
}

function s3Source(url: GoUrl, _source: string, options: Options): InputSpec['Source'] {
  const Params: Record<string, unknown> = {
    Bucket: url.host,
    Key: url.path.replace(/^\/+/, ''),
    Filter: '',
    Region: '',
    Endpoint: '',
    VersionID: '',
    ChecksumSHA256: '',
  }
  for (const [name, value] of options) {
    const param = Object.hasOwn(s3Options, name) ? s3Options[name] : undefined
    if (param === undefined) throw badInput(`unknown option "${name}" for storage s3`)
    Params[param] = value
  }
  if (options.size > 0 && url.host === '') throw badInput('invalid s3 storage params: bucket cannot be empty')
  return { Type: 's3', Params }
}

function localSource(url: GoUrl, _source: string, options: Options): InputSpec['Source'] {
  let ReadWrite = false
  for (const [name, value] of options) {
    if (!['rw', 'read-write', 'read_write', 'readwrite'].includes(name)) throw badInput(`unknown option ${name}`)
    ReadWrite = readWrite(value)
  }
  return { Type: 'localDirectory', Params: { SourcePath: joined(url.host, url.path), ReadWrite } }
}

function readWrite(text: string): boolean {
  try {
    return parseBool(text)
  } catch (error) {
    throw badInput(`failed to parse read-write option: ${messageOf(error)}`)
  }
}

/** Host and path as one clean path; `file://rel/path` is relative. */
function joined(host: string, path: string): string {
  const whole = posix.join(host, path)
  if (host + path === '') return ''
  return whole.length > 1 ? whole.replace(/\/$/, '') : whole
}

function unsupported(url: GoUrl): never {
  throw badInput(`unsupported type: ${url.scheme}`)
}

const badInput = (message: string): Fault =>
  new Fault('BadRequest', message, {
    hint: 'For example -i https://host/file:/inputs, -i src=s3://bucket/key,dst=/in, or -i ./file:/in for what is on this machine.',
  })
