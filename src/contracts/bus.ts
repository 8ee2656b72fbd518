/**
 * A message of the bus. `reply` is the subject the sender listens on, when it wants an answer. `sender` is the node whose
 * connection it came by, for a bus that knows.
 */
export type BusMessage = {
  subject: string
  payload: Uint8Array
  reply?: string | undefined
  sender?: string | undefined
}

export type Subscription = { stop(): void }

/** Subjects and bytes between nodes, as core NATS gives them: at most once, in order per sender and subject. */
export interface Bus {
  /** Most bytes of one message, as the broker has it now: 1 MiB unless somebody set it otherwise. */
  readonly maxPayloadBytes: number
  /**
   * Hands it over, and the bytes with it: they must not change any more. A lost message is noticed by the layers above. When nobody listens, an empty message comes on `reply`.
   * Throws a Fault PayloadTooLarge.
   */
  publish(subject: string, payload: Uint8Array, reply?: string): void
  /** Like `publish`, but resolves when it is with somebody who listens. Rejects with a Fault ServiceUnavailable when nobody does. */
  send(subject: string, payload: Uint8Array): Promise<void>
  /** Rejects with a Fault: Timeout, PayloadTooLarge, or ServiceUnavailable when nobody listens. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  /** `*` and `>` as in NATS. The handler must not throw. */
  subscribe(subject: string, handler: (message: BusMessage) => void): Subscription
  /** Called at each change of the connection; at once with the present state. */
  onConnection(handler: (isConnected: boolean) => void): Subscription
  close(): Promise<void>
}
