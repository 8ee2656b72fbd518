import type { Duplex } from 'node:stream'
import type { JobId } from '#models/ids.ts'

/** Whose HTTP it is, and the hosts it may ask: domains, those with a dot in front with all below them. */
export type GateOrder = { jobId: JobId; domains: readonly string[] }

/** What went through so far. Bytes are those of connections to servers, headers and encryption included. */
export type Traffic = { requests: number; refused: number; sentBytes: number; receivedBytes: number }

/** Through what the HTTP of one program leaves the node, and nothing else of it does. */
export interface HttpGate {
  /** Takes over a connection of the program, which speaks to it as to an HTTP proxy. */
  serve(connection: Duplex): void
  readonly traffic: Traffic
  /** Ends every connection; later ones are not taken. */
  close(): void
}

export type OpenGate = (order: GateOrder) => HttpGate
