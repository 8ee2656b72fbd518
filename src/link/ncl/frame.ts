import { crc32 } from 'node:zlib'
import { parseWire, type Wire } from '#api/decode/wire-json.ts'
import { goTextMap } from '#api/encode/go-json.ts'
import { messageOf } from '#lib/fault.ts'

/**
 * A message between Go nodes of the protocol `ncl/v1`: a version byte (1 = JSON), a checksum of the rest, and
 * `{"metadata":{…},"payload":…}`. Protobuf (version 2) exists but no node sends it.
 */
export type GoFrame = { readonly metadata: Readonly<Record<string, string>>; readonly payload: Wire }

const jsonVersion = 1
const headBytes = 5

/** Why bytes are no frame, in the words that Go nodes use. */
export class BadFrame extends Error {}

/** `payload` is JSON as `api/encode` writes it. */
export function encodeFrame(metadata: Readonly<Record<string, string>>, payload: string): Buffer {
  const rest = Buffer.from(`{"metadata":${goTextMap(metadata)},"payload":${payload}}`)
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(jsonVersion, 0)
  head.writeUInt32BE(crc32(rest), 1)
  return Buffer.concat([head, rest])
}

export function decodeFrame(payload: Uint8Array): GoFrame {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  const version = bytes[0] ?? 0
  if (version !== jsonVersion) throw badEnvelope(`unsupported encoding: 0x${version.toString(16)}`)
  if (bytes.length < headBytes) throw badEnvelope('bad message: too short')
  const rest = bytes.subarray(headBytes)
  if (bytes.readUInt32BE(1) !== crc32(rest)) throw badEnvelope('bad message: CRC check failed')
  const { metadata, payload: body } = record(parsed(rest.toString('utf8')))
  return { metadata: texts(record(metadata ?? {})), payload: record(body ?? {}) }
}

/** Whether it is a frame, whatever it holds: by its checksum nothing else is taken for one. */
export const isFrame = (payload: Uint8Array): boolean => {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  return (
    bytes[0] === jsonVersion && bytes.length > headBytes && bytes.readUInt32BE(1) === crc32(bytes.subarray(headBytes))
  )
}

/** The type a frame names, under either of its two keys. */
export const typeOf = ({ metadata }: GoFrame): string => metadata['Bacalhau-Type'] ?? metadata.Type ?? ''

/** The number of a data message; undefined when it has none. */
export function seqOf({ metadata }: GoFrame): number | undefined {
  const text = metadata['Bacalhau-SeqNum'] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** When its sender noted what it tells, by the sender's clock, Unix ns; 0 = it does not say. */
export function eventTimeOf({ metadata }: GoFrame): bigint {
  const text = metadata['Bacalhau-EventTime'] ?? ''
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n
}

/** What every frame says of itself. */
export function metadataOf(type: string, source: string, nowNs: bigint): Record<string, string> {
  return {
    'Bacalhau-EventTime': String(nowNs),
    'Bacalhau-PayloadEncoding': 'json',
    'Bacalhau-Source': source,
    'Bacalhau-Type': type,
    PayloadEncoding: 'json',
    Type: type,
  }
}

const badEnvelope = (why: string): BadFrame => new BadFrame(`failed to deserialize message envelope: ${why}`)
const badJson = (why: string): BadFrame => new BadFrame(`failed to deserialize with encoding json: ${why}`)

const parsed = (text: string): unknown => {
  try {
    return parseWire(text)
  } catch (error) {
    throw badJson(messageOf(error))
  }
}

const record = (value: unknown): Wire => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Wire
  throw badJson('not an object')
}

const texts = (values: Wire): Record<string, string> => {
  for (const [key, value] of Object.entries(values))
    if (typeof value !== 'string') throw badJson(`metadata ${key} is not text`)
  return values as Record<string, string>
}
