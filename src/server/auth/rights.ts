import type { Fault } from '#lib/fault.ts'

/** What can be done with jobs, as far as permissions tell it apart. */
export type Deed = 'list' | 'look' | 'output' | 'submit' | 'stop'

/** What a caller may do with the jobs of each namespace. */
export type Rights = {
  may(deed: Deed, namespace: string): boolean
  /** What is said of a deed that is not allowed. */
  denied(deed: Deed): Fault
}

/** Who sent a request, as far as it was shown. */
export type Principal = {
  /** Whether it showed a login. */
  isKnown: boolean
  /** For the audit and for the Meta of jobs; a shared secret has none. */
  name: string | undefined
  /** undefined = everything. */
  rights: Rights | undefined
}

/** A request before anything was done about it. */
export type Asked = {
  method: string
  /** The pattern that matched, as in the table of routes; undefined = none did. */
  route: string | undefined
  /** Path and query as they came. */
  url: string
  headers: NodeJS.Dict<string | string[]>
  address: string
  /** Only for a gate that reads it. */
  body?: string
}

/** Decides who is let in. A server without one is open. */
export interface Gate {
  /** Whether it can only decide when the body is here. */
  readonly readsBody: boolean
  /** A Fault refuses: Unauthorized when nobody known asks, Forbidden when this one may not. */
  admit(asked: Asked): Principal | Promise<Principal>
}
