import { Fault } from '#lib/fault.ts'

/** Of a broker nobody configured, and of ours. */
export const maxPayloadBytes = 1024 * 1024

/** What cannot be sent in parts fits into this, with room to spare. */
export const leastPayloadBytes = 4 * 1024

export function requireFits(subject: string, payload: Uint8Array, limit: number): void {
  if (payload.length > limit)
    throw new Fault(
      'PayloadTooLarge',
      `${payload.length} bytes for ${subject} are more than the bus carries (${limit})`,
    )
}
