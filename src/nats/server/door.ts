/** A client that asks to be let in, and is still there or not. */
export type Visitor = {
  /** What it said in CONNECT. */
  readonly options: Readonly<Record<string, unknown>>
  /** Where it comes from, without the port. */
  readonly address: string
  /** What it was greeted with; who holds a key signs it. */
  readonly nonce: string
  /** Resolves with whether it answers a PING, after seconds at most. */
  isAlive(): Promise<boolean>
  /** Tells it why, and ends its connection. */
  fail(reason: string): void
}

/** What one connection may do: asked before each subscription and publication. */
export interface Rights {
  /** The node that whatever is published here comes from. */
  readonly sender: string
  /** A promise when others have to be asked first; until then nothing more is read from the client. */
  maySubscribe(pattern: string): boolean | Promise<boolean>
  mayPublish(subject: string): boolean
  /** Whether it may name `reply` as the subject where answers are to go. */
  mayAskFor(reply: string): boolean
  /** It was handed a message that wants an answer on `reply`. */
  asked(reply: string): void
  /** It tried what it may not; `what` is what it was told. */
  refused(what: string): void
  /** Its connection has ended. */
  left(): void
}

/** Who is let in, with which rights. */
export interface Door {
  /** Whether clients have to show that they may come in. */
  readonly isLocked: boolean
  /** The rights, or the sentence that the client is told before its connection ends. */
  admit(visitor: Visitor): Promise<Rights | string>
}
