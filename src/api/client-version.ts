/**
 * The version a client announces in `X-Bacalhau-Git-Version`, as one number: 1.5.2 is 10502. The shapes of answers
 * depend on it, because clients of a generation decode strictly what their own servers sent.
 */
declare const brand: unique symbol
export type ClientVersion = number & { readonly [brand]: 'ClientVersion' }

const versionNumber = (major: number, minor: number, patch: number): ClientVersion =>
  (major * 10_000 + minor * 100 + patch) as ClientVersion

/** The first versions that read something differently. */
export const since = {
  /** The oldest client that is served; also the shapes for callers that announce nothing (SDKs, curl). */
  v1_4: versionNumber(1, 4, 0),
  /** Errors as one object, history with a live cursor. */
  v1_5: versionNumber(1, 5, 0),
  /** Execution states renumbered. */
  v1_5_2: versionNumber(1, 5, 2),
  /** Network words None, HTTP, Host, Bridge. */
  v1_6_4: versionNumber(1, 6, 4),
  /** Network word Default, deprecated Full. */
  v1_7: versionNumber(1, 7, 0),
  /** Names identify jobs. */
  v1_8: versionNumber(1, 8, 0),
} as const

/** What our own client announces: the newest generation we are a superset of. */
export const newestClientVersion = 'v1.9.3'

export type ParsedVersion =
  | { kind: 'ok'; version: ClientVersion }
  | { kind: 'outdated'; text: string }
  | { kind: 'unreadable' }

const unannounced: ParsedVersion = { kind: 'ok', version: since.v1_4 }
const pattern = /^v?(\d{1,5})\.(\d{1,3})\.(\d{1,3})(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/

/** Reads the header. Absent or a development build counts as the oldest generation; a pre-release is below its release. */
export function parseClientVersion(header: string | undefined): ParsedVersion {
  if (header === undefined || header === '' || header === 'v0.0.0' || header === 'v0.0.0-xxxxxxx') return unannounced
  const parts = pattern.exec(header)
  if (parts === null) return { kind: 'unreadable' }
  const version = versionNumber(Number(parts[1]), Number(parts[2]), Number(parts[3]))
  const isBelow = version < since.v1_4 || (version === since.v1_4 && parts[4] !== undefined)
  return isBelow ? { kind: 'outdated', text: header.replace(/^v/, '') } : { kind: 'ok', version }
}
