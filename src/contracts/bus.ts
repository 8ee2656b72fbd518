/**
 * A message of the bus. `reply` is the subject the sender listens on, when it wants an answer. `sender` is the node whose
 * connection it came by, for a bus that knows.
 */
export type BusMessage = { subject: string; payload: Uint8Array; reply?: string; sender?: string }

export type Subscription = { stop(): void }

/** Subjects and bytes between nodes, as core NATS gives them: at most once, in order per sender and subject. */
export interface Bus {
  /** Resolves when it was handed over; a lost message is noticed by the layers above. Payload <= 1 MiB. */
  publish(subject: string, payload: Uint8Array, reply?: string): void
  /** Rejects with a Fault: Timeout, or ServiceUnavailable when nobody listens. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  /** `*` and `>` as in NATS. The handler must not throw. */
  subscribe(subject: string, handler: (message: BusMessage) => void): Subscription
  /** Called at each change of the connection; at once with the present state. */
  onConnection(handler: (isConnected: boolean) => void): Subscription
  close(): Promise<void>
}
