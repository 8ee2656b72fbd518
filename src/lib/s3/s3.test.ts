import { describe, expect, it } from 'vitest'
import { describeVectors, type VectorCase, vectorCases } from '../../../test/kit/vectors.ts'
import { Fault } from '../fault.ts'
import { isAwsEndpoint, isEndpoint } from './endpoint.ts'
import { isFolderMarker, isObjectKey, keyFilter, keyPrefix, objectPath } from './input-key.ts'
import { decodeS3Publisher, decodeS3Source } from './params.ts'
import { noPartition, partitionKeys, type S3Partition } from './partition.ts'
import { type PublisherKeyFacts, publisherKey } from './publisher-key.ts'

describe('keys of S3 inputs', () => {
  it('name an object, a prefix or a wildcard [R172]', () => {
    expect(['a/b', 'a/', 'a*', ''].map(isObjectKey)).toEqual([true, false, false, false])
    expect([' a* ', 'a/', '**'].map(keyPrefix)).toEqual(['a', 'a/', '*'])
  })

  it('keep the last part of the prefix in the path', () => {
    expect(objectPath('set1/', 'set1/001.txt')).toBe('001.txt')
    expect(objectPath('set', 'set2/nested/301.txt')).toBe('set2/nested/301.txt')
    expect(objectPath('d/f.txt', 'd/f.txt')).toBe('f.txt')
  })

  it('never lead out of their folder', () => {
    expect(() => objectPath('a/', 'a/../../etc/passwd')).toThrow('leads out of its folder')
  })

  it('are filtered behind the prefix [R170]', () => {
    const takes = keyFilter('set1/', '^[0-1]01.txt')
    expect(['set1/001.txt', 'set1/002.txt'].map(takes)).toEqual([true, false])
    expect(() => keyFilter('', '(')).toThrow('invalid regex pattern: error parsing regexp: missing closing ): `(`')
  })
})

describe('partitions', () => {
  const parts = (partition: Partial<S3Partition>, keys: string[], count: number) =>
    partitionKeys(keys, { ...noPartition, ...partition }, '', count)

  it('deal objects out by hash', () => {
    const keys = ['file1.txt', 'file2.txt', 'dir/', 'file3.txt', 'file4.txt']
    expect(parts({ Type: 'object' }, keys, 2)).toEqual([
      ['file1.txt', 'file3.txt'],
      ['file2.txt', 'file4.txt'],
    ])
  })

  it('give everything to everyone without a rule', () => {
    expect(parts({}, ['a', 'b/'], 2)).toEqual([['a'], ['a']])
  })

  it('send what has no date to the first', () => {
    const rule = { Type: 'date', DateFormat: '2006-01-02' }
    expect(parts(rule, ['2023-01-02-x', '2023-13-01-x', 'x'], 2)).toEqual([['2023-13-01-x', 'x'], ['2023-01-02-x']])
  })
})

describe('published keys', () => {
  const facts = { executionID: 'e-1', jobID: 'j-1', nodeID: 'n-1', date: '20240131', time: '120000' }

  it('replace what they know and end as their kind does [R194] [R195]', () => {
    expect(publisherKey('{jobID}/{executionID}', facts, true)).toBe('j-1/e-1.tar.gz')
    expect(publisherKey('{date}{unknown}/', facts, false)).toBe('20240131{unknown}/')
  })
})

describeVectors('s3-endpoint.json', isAwsEndpoint)

it('endpoints are URLs of the web, or hosts', () => {
  for (const good of [
    '',
    'http://127.0.0.1:9000',
    'https://minio.test/base',
    'minio.test',
    'minio.test:9000',
    'http://[::1]:9000',
  ]) {
    expect(isEndpoint(good), good).toBe(true)
  }
  for (const wrong of ['http://', '::::', 'ftp://x', 'http://host:99999', 'a b', '/etc']) {
    expect(isEndpoint(wrong), wrong).toBe(false)
  }
})

describeVectors('s3-publisher-key.json', (input: PublisherKeyFacts & { key: string; archive: boolean }) =>
  publisherKey(input.key, { ...input, date: '<DATE>', time: '<TIME>' }, input.archive),
)

type ParamsCase = { op: string; type: string; params: string }

const decodedParams = ({ op, type, params }: ParamsCase): unknown => {
  const spec = { Type: type, Params: JSON.parse(params) }
  return op === 'source' ? decodeS3Source(spec) : decodeS3Publisher(spec)
}

it('a publisher is given no key that addresses cannot lead to', () => {
  const publisher = (Key: string) => ({ Type: 's3', Params: { Bucket: 'b', Key } })
  for (const key of ['../up', 'a/../b', 'a/./b', '..']) {
    expect(() => decodeS3Publisher(publisher(key)), key).toThrow('key has a part . or ..')
  }
  for (const key of ['..up', 'a..b/{jobID}', '.hidden/x', '...'])
    expect(decodeS3Publisher(publisher(key)).Key).toBe(key)
})

describeVectors('s3-source-params.json', decodedParams, { versions: ['v1.9.3', 'v1.4.0'], skip: isOlderSentence })
describeVectors('s3-source-params.json', decodedParams, { skip: (vector) => !isOlderSentence(vector) })

/** The two versions differ in a comma here; ours keeps that of 1.4.0. */
function isOlderSentence(vector: VectorCase): boolean {
  const older = (vector.raw['v1.4.0'] as { err?: string } | undefined)?.err
  return older?.startsWith('invalid storage source type. expected s3, but received') === true
}

type PartitionCase = { key: string; keys: string[]; partition: S3Partition; total: number }

describeVectors('s3-partition.v1.9.3.json', ({ key, keys, partition, total }: PartitionCase) =>
  partitionKeys(keys, partition, key, total),
)

/** The bucket of the recordings stands in their first case; what was put there says its own key. */
const firstCase = vectorCases('s3-expand.json')?.[0]?.raw
const bucket = (firstCase?.bucket ?? (firstCase?.['v1.4.0'] as { bucket?: unknown })?.bucket ?? []) as string[]
const contentOf = (key: string): string => `content of ${key}`

function chosenKeys(key: string, filter: string): { prefix: string; keys: string[] } {
  if (isObjectKey(key)) {
    if (bucket.includes(key)) return { prefix: key, keys: [key] }
    throw new Fault('NotFound', 'operation error S3: HeadObject, https response error StatusCode: 404, ...')
  }
  const prefix = keyPrefix(key)
  const takes = keyFilter(prefix, filter)
  return { prefix, keys: bucket.filter((each) => each.startsWith(prefix) && takes(each)) }
}

/** Files by path; folders, also those that files lie in, are null. */
function filesOf(prefix: string, keys: readonly string[]): Record<string, string | null> {
  const files: Record<string, string | null> = {}
  for (const key of keys) {
    const path = objectPath(prefix, key)
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      if (at > 0) files[path.slice(0, at + 1)] = null
    }
    if (!isFolderMarker(path) && path !== '') files[path] = contentOf(key)
  }
  return files
}

for (const version of ['v1.4.0', 'v1.9.3'] as const) {
  describeVectors(
    's3-expand.json',
    ({ key, filter }: { key: string; filter: string }) => {
      const { prefix, keys } = chosenKeys(key, filter)
      const taken = version === 'v1.4.0' ? keys : keys.filter((each) => !isFolderMarker(each))
      const bytes = taken.reduce((sum, each) => sum + Buffer.byteLength(contentOf(each)), 0)
      return { bytes, files: filesOf(prefix, taken) }
    },
    { versions: [version], errors: version === 'v1.4.0' ? 'text' : 'any' },
  )
}
