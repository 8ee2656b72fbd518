import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { oneOf } from '../argv/flag-type.ts'
import { parseSelector } from '../selector/parse.ts'
import { parseInputSpec } from './input-spec.ts'
import { parseKeyValues } from './key-values.ts'
import { parseNetworkType } from './network-type.ts'
import { parsePublisherSpec } from './publisher-spec.ts'
import { parseResultPath } from './result-path.ts'

describe('input values', () => {
  it('name a source and a place [R138] [R178]', () => {
    expect(parseInputSpec('https://example.com/f.txt:/data')).toEqual({
      Source: { Type: 'urlDownload', Params: { URL: 'https://example.com/f.txt' } },
      Alias: 'https://example.com/f.txt',
      Target: '/data',
    })
    expect(parseInputSpec('ipfs://Qm1').Target).toBe('/inputs')
    expect(parseInputSpec('src=ipfs://Qm1,dst=/data').Target).toBe('/data')
  })

  it('know the port and the query of an address, which the reference takes for a place and a key [R178]', () => {
    const read = (text: string) => {
      const { Source, Target } = parseInputSpec(text)
      return [Source.Params.URL, Target]
    }
    for (const url of ['http://127.0.0.1:9000/f', 'https://[::1]:80/f?a=b', 'https://h/f?a=b&t=12:30&u=http://x/y']) {
      expect(read(url)).toEqual([url, '/inputs'])
      expect(read(`${url}:/data`)).toEqual([url, '/data'])
      expect(read(`${url},dst=/data`)).toEqual([url, '/data'])
    }
  })

  it('mount local folders read-only unless told otherwise [R183]', () => {
    const source = (text: string) => parseInputSpec(text).Source
    expect(source('file:///etc/config:/config')).toEqual({
      Type: 'localDirectory',
      Params: { SourcePath: '/etc/config', ReadWrite: false },
    })
    expect(source('file:///etc/config,opt=rw=true').Params.ReadWrite).toBe(true)
    expect(() => source('file:///x,opt=constructor=1')).toThrow('unknown option constructor')
  })

  it('carry the options of S3 [R173]', () => {
    expect(parseInputSpec('s3://b/dir/:/in,opt=endpoint=http://h:9000,opt=region=r').Source.Params).toMatchObject({
      Bucket: 'b',
      Key: 'dir/',
      Endpoint: 'http://h:9000',
      Region: 'r',
    })
  })

  it('are refused for what nobody stores', () => {
    expect(() => parseInputSpec('constructor://x')).toThrow('unknown storage schema: constructor')
  })
})

describe('publisher values', () => {
  it('name a publisher and its parameters [R197]', () => {
    expect(parsePublisherSpec('local')).toEqual({ Type: 'local' })
    expect(parsePublisherSpec('s3://b/{jobID},opt=region=r')).toEqual({
      Type: 's3',
      Params: { Bucket: 'b', Key: '{jobID}', Endpoint: '', Region: 'r' },
    })
    expect(() => parsePublisherSpec('s3://b')).toThrow('key cannot be empty')
  })

  it('name publishers that release 1.4 does not know, and what S3 objects are [R197] [F4]', () => {
    expect(parsePublisherSpec('link')).toEqual({ Type: 'link' })
    expect(parsePublisherSpec('s3managed')).toEqual({ Type: 's3managed' })
    expect(parsePublisherSpec('s3://b/k,opt=encoding=plain').Params).toMatchObject({ Encoding: 'plain' })
  })
})

const target = oneOf('all|any', ['any', 'all'], 'all', (text) => `expecting "any" or "all", not "${text}"`)
const format = oneOf(
  'format',
  ['table', 'csv', 'json', 'yaml'],
  'table',
  () => 'should be one of ["table" "csv" "json" "yaml"]',
)

const readers: Record<string, (value: any) => unknown> = {
  output: parseResultPath,
  network: parseNetworkType,
  'env-pairs': parseKeyValues,
  target: (text) => target.read(text, 'all', true),
  format: (text) => format.read(text, 'table', true),
  selector: selectorFlag,
}

/** The flag tells the selector's problem behind its own words, and leaves out what is empty. */
function selectorFlag(text: string): unknown {
  try {
    const requirements = parseSelector(text)
    return requirements.length === 0
      ? null
      : requirements.map(({ Values, ...rest }) => ({ ...rest, ...(Values.length > 0 && { Values }) }))
  } catch (error) {
    throw new Error(`failed to parse node selector: ${(error as Error).message}`, { cause: error })
  }
}

describeVectors('flag-values.json', ({ op, value }: { op: string; value: unknown }) => readers[op]?.(value), {
  versions: ['v1.9.3', 'v1.4.0'],
})

/** The reference takes the checksum of a file on the web and forgets it; here it is kept, and checked. */
const hasChecksumOfUrl = (text: string): boolean => /^https?:.*,opt=checksum/.test(text)

/** What the reference refuses, or tears apart: a port without a place behind it, and a query with a value. */
const isTornApart = (text: string): boolean =>
  /^"?https?:\/\/[^/:,[]*(?:\[[^\]]*\])?:\d+\/[^:,"]*(?:[,"]|$)/.test(text) || /^"?https?:\/\/[^,]*=/.test(text)

describeVectors(
  'input-spec.json',
  (text: string) => {
    const source = parseInputSpec(text)
    return { source, string: `${source.Source.Type} ${source.Alias} ${source.Target}` }
  },
  { skip: ({ in: text }) => hasChecksumOfUrl(text) || isTornApart(text) },
)

/** Release 1.9.3 knows it, which judges only where 1.4.0 says nothing. */
const isManaged = (text: string): boolean => text.startsWith('s3managed')

describeVectors(
  'publisher-spec.json',
  (text: string) => {
    const spec = parsePublisherSpec(text)
    return { spec, string: spec.Type }
  },
  { skip: ({ in: text }) => isManaged(text) },
)
