import type { Duplex } from 'node:stream'
import type { JobId } from '#models/ids.ts'

/** Whose HTTP it is, and the hosts it may ask: domains, those with a dot in front with all below them; or all that a node fetches from. */
export type GateOrder = { jobId: JobId; domains: readonly string[] | 'all' }

export type GateRequest = {
  method: string
  /** `http://` or `https://`. */
  url: string
  headers: readonly (readonly [name: string, value: string])[]
  body: Uint8Array
  /** Most of the answer's body that is wanted; the rest is cut off. */
  limitBytes: number
}
export type GateAnswer = { status: number; headers: readonly (readonly [name: string, value: string])[]; body: Buffer }

/** What went through so far. Bytes are those of connections to servers, headers and encryption included. */
export type Traffic = { requests: number; refused: number; sentBytes: number; receivedBytes: number }

/** Through what the HTTP of one program leaves the node, and nothing else of it does. */
export interface HttpGate {
  /** Takes over a connection of the program, which speaks to it as to an HTTP proxy. */
  serve(connection: Duplex): void
  /**
   * One request on behalf of the program, redirects followed, each looked at like the first. Rejects with a Fault: Forbidden for what
   * must not be asked, BadRequest for no URL, Timeout after 30 s, ServiceUnavailable when there is no answer.
   */
  ask(request: GateRequest, signal: AbortSignal): Promise<GateAnswer>
  readonly traffic: Traffic
  /** Ends every connection; later ones are not taken. */
  close(): void
}

export type OpenGate = (order: GateOrder) => HttpGate
