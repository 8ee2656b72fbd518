import { Fault } from '../fault.ts'
import { type GoUrl, parseUrl } from '../go/url.ts'
import { addOption, bare, specFields } from './fields.ts'

/** What `-p` stands for: the shape of a task's publisher. */
export type PublisherSpec = { Type: string; Params?: Record<string, unknown> }

/** These have no parameters. */
const plain = ['ipfs', 'link', 'local', 's3managed']

/**
 * Reads the value of `-p`: a type or URI (`local`, `s3://bucket/key`), or `target=…`, with `opt=name=value`.
 * Throws Fault('BadRequest') with Bacalhau's sentence.
 */
export function parsePublisherSpec(text: string): PublisherSpec {
  let target = ''
  const options = new Map<string, string>()
  specFields(text).forEach((field, index) => {
    if (field.value === undefined) {
      if (index > 0) throw badPublisher(`invalid publisher option: ${field.text}. Must be a key=value pair`)
      target = field.text
    } else if (['target', 'dst', 'destination'].includes(field.key)) target = field.value
    else if (['opt', 'option'].includes(field.key)) addOption(options, field.value)
    else throw badPublisher(`invalid publisher option: ${field.text}`)
  })
  const url = parseUrl(bare(target))
  const type = url.scheme || url.path
  if (type === 's3') return s3Publisher(url, options)
  if (plain.includes(type)) return { Type: type }
  throw badPublisher(`unknown publisher type: ${type}`)
}

/** Not said: release 1.4 does not know the word. */
const defaultEncoding = 'gzip'

function s3Publisher(url: GoUrl, options: ReadonlyMap<string, string>): PublisherSpec {
  const Bucket = options.get('bucket') ?? url.host
  const Key = options.get('key') ?? url.path.replace(/^\/+/, '')
  if (Bucket === '') throw emptyS3('bucket')
  if (Key === '') throw emptyS3('key')
  const Endpoint = options.get('endpoint') ?? ''
  const Encoding = options.get('encoding') ?? defaultEncoding
  return {
    Type: 's3',
    Params: {
      Bucket,
      Key,
      Endpoint,
      Region: options.get('region') ?? '',
      ...(Encoding !== defaultEncoding && { Encoding }),
    },
  }
}

const emptyS3 = (param: string): Fault =>
  badPublisher(`failed to build s3 publisher spec: invalid s3 params. ${param} cannot be empty`)

const badPublisher = (message: string): Fault =>
  new Fault('BadRequest', message, { hint: 'For example -p local, -p link or -p s3://bucket/{jobID}/{executionID}.' })
