import { Fault, messageOf } from '../fault.ts'
import { fnv1a32 } from '../fnv.ts'
import { bytesOfText, textOfBytes } from '../go/byte-text.ts'
import { formatWithLayout } from '../go/time-layout-format.ts'
import { parseWithLayout } from '../go/time-layout-parse.ts'
import { compileRegexp } from '../regexp.ts'
import { isFolderMarker, keyPrefix } from './input-key.ts'

/** How the objects of an input are dealt out to the executions of a job. */
export type S3Partition = {
  /** `none` or empty: every execution gets everything. */
  Type: string
  /** Of type `regex`. */
  Pattern: string
  /** Characters of type `substring`: from, and up to but not including. */
  StartIndex: number
  EndIndex: number
  /** Of type `date`: a Go layout. */
  DateFormat: string
}

export const noPartition: S3Partition = { Type: '', Pattern: '', StartIndex: 0, EndIndex: 0, DateFormat: '' }

/** The text whose hash decides where an object goes; undefined = to the first execution. */
type PartitionKey = (key: string, relativeKey: string) => string | undefined

/** Checks the settings of a partition. Throws Fault('BadRequest') with Bacalhau's sentence. */
export function checkPartition(partition: S3Partition): void {
  partitionKey(partition)
}

/**
 * Deals listed keys out to `count` executions, by hash; folder markers are dropped. `inputKey` is the key of the input,
 * whose prefix is cut before matching. Throws Fault('BadRequest') for wrong settings.
 */
export function partitionKeys(
  keys: readonly string[],
  partition: S3Partition,
  inputKey: string,
  count: number,
): string[][] {
  const keyOf = partitionKey(partition)
  if (count <= 0) throw partitionFault('job partitions/count must be greater than 0')
  const objects = keys.filter((key) => !isFolderMarker(key))
  if (keyOf === undefined || count === 1) return Array.from({ length: count }, () => objects)
  const prefix = keyPrefix(inputKey)
  const parts: string[][] = Array.from({ length: count }, () => [])
  for (const key of objects) {
    const relative = key.startsWith(prefix) ? key.slice(prefix.length) : key
    const hashed = keyOf(key, relative.replace(/^\//, ''))
    parts[hashed === undefined ? 0 : fnv1a32(hashed) % count]?.push(key)
  }
  return parts
}

function partitionKey(partition: S3Partition): PartitionKey | undefined {
  switch (partition.Type) {
    case '':
    case 'none':
      return undefined
    case 'object':
      return (key) => key
    case 'regex':
      return regexKey(partition.Pattern)
    case 'substring':
      return substringKey(partition)
    case 'date':
      return dateKey(partition.DateFormat)
    default:
      throw partitionFault(`unsupported partition key type ${partition.Type}`)
  }
}

/** The groups that matched something, or the whole match of a pattern without any. */
function regexKey(pattern: string): PartitionKey {
  if (pattern === '') throw partitionFault('regex pattern cannot be empty')
  const regexp = compiled(pattern)
  return (_key, relative) => {
    const [whole = '', ...groups] = regexp.find(relative) ?? []
    const captured = groups.filter((group) => group !== undefined && group !== '')
    return captured.length > 0 ? captured.join('\x1f') : whole || undefined
  }
}

function compiled(pattern: string): ReturnType<typeof compileRegexp> {
  try {
    return compileRegexp(pattern)
  } catch (error) {
    throw partitionFault(`invalid regex pattern: ${messageOf(error)}`)
  }
}

function substringKey({ StartIndex, EndIndex }: S3Partition): PartitionKey {
  if (StartIndex < 0) throw partitionFault('start index cannot be negative')
  if (EndIndex <= StartIndex) throw partitionFault('end index must be greater than start index')
  return (_key, relative) => {
    const characters = [...relative]
    return characters.length < EndIndex ? undefined : characters.slice(StartIndex, EndIndex).join('')
  }
}

/** The date at the start of the key, written again in the same layout. */
function dateKey(layout: string): PartitionKey {
  if (layout === '') throw partitionFault('date format cannot be empty')
  const length = bytesOfText(layout).length
  return (_key, relative) => {
    const bytes = bytesOfText(relative)
    if (bytes.length < length) return undefined
    const date = parseWithLayout(layout, textOfBytes(bytes.subarray(0, length)))
    return date === undefined ? undefined : formatWithLayout(layout, date)
  }
}

const partitionFault = (message: string): Fault =>
  new Fault('BadRequest', message, {
    hint: 'Partition of the input: Type object, regex with Pattern, substring with StartIndex and EndIndex, or date with DateFormat',
    details: { FailureClass: 'user' },
  })
