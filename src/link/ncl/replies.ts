import { goJson } from '#api/encode/go-json.ts'
import { encodeFrame, metadataOf } from './frame.ts'

const source = 'orchestrator-control'
/** Go's zero time, as it comes out in nanoseconds. */
const zeroTimeNs = -6_795_364_578_871_345_152n

export const controlReply = (type: string, payload: object, nowNs: bigint): Buffer =>
  encodeFrame(metadataOf(type, source, nowNs), goJson(payload))

/** An error as Go nodes read it; code `HandshakeRequired` makes them connect anew. */
export function bacError(error: { cause: string; code: string; status: number; isRetryable: boolean }): Buffer {
  const { cause, code, status, isRetryable } = error
  const metadata = {
    ...metadataOf('BacError', source, zeroTimeNs),
    'Bacalhau-ErrorCode': code,
    'Bacalhau-StatusCode': String(status),
  }
  const payload = {
    Cause: cause,
    Hint: '',
    Retryable: isRetryable,
    FailsExecution: false,
    Component: code === '' ? 'Bacalhau' : 'ConnectionManager',
    HTTPStatusCode: code === '' ? 0 : status,
    Details: null,
    Code: code,
  }
  return encodeFrame(metadata, goJson(payload))
}

export const handshakeRequired = (nodeId: string): Buffer =>
  bacError({
    cause: `node ${nodeId} not connected - handshake required`,
    code: 'HandshakeRequired',
    status: 428,
    isRetryable: true,
  })

export const ack = Buffer.from('{}')

const firstDelayNs = 100_000_000
const lastDelayNs = 5_000_000_000

/** Asks the node to send again; `failures` in a row before this one. Nodes choose their own pause all the same. */
export const nack = (why: string, failures: number): Buffer =>
  Buffer.from(goJson({ error: why, delay: Math.min(lastDelayNs, firstDelayNs * 2 ** failures) }))
