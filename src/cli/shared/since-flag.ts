import { parseDuration } from '#lib/duration.ts'
import { custom } from '../flags.ts'

/** A moment as it was given: so long ago, or at that time; nanoseconds. */
export type Since = { readonly agoNs: bigint } | { readonly atNs: bigint }

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i

/** Throws an Error that says what is wanted. */
export function readSince(text: string): Since {
  const atMs = rfc3339.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(atMs)) return { atNs: BigInt(atMs) * 1_000_000n }
  try {
    const agoNs = parseDuration(text)
    if (agoNs >= 0n) return { agoNs }
  } catch {
    // Neither is said below.
  }
  throw new Error(`${JSON.stringify(text)} is neither a duration (10m, 1h30m) nor a time (2026-01-31T12:00:00Z)`)
}

export const momentOf = (since: Since, nowNs: bigint): bigint => ('atNs' in since ? since.atNs : nowNs - since.agoNs)

export const sinceFlag = (usage: string) => custom<Since | undefined>('duration|time', undefined, usage, readSince)
