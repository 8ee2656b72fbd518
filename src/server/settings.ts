import type { OidcSettings } from './auth/oidc.ts'
import type { PolicyFile } from './auth/policy/read-policy.ts'
import type { KeyPlace } from './auth/tokens.ts'

export type LoginSettings = { name: string; type: string; policy?: PolicyFile }

/** The identity provider, as clients are told of it by `agent/authconfig`. */
export type Oauth2Settings = OidcSettings & Readonly<Record<string, string | number | readonly string[]>>

/** How the HTTP server behaves; the wiring fills it from the configuration. */
export type ServerSettings = {
  /** Address to listen on. */
  host: string
  /** 0 = any free one. */
  port: number
  /** PEM texts; absent = plain HTTP. */
  tls?: { cert: string; key: string }
  /** Requests per second and address, for callers that are neither local nor authenticated; 0 = no limit. */
  requestsPerSecond?: number
  /** Whether a name submitted twice is one job with versions or two jobs; by default the caller's generation decides. */
  jobNaming?: 'by-caller' | 'versioned' | 'independent'
  /** Whether what a job submits, marked by the proxy it goes through, is taken. */
  acceptsJobsFromJobs?: boolean
  /** Users as they were configured; with any, or with `oauth2`, who is not known is not let in. */
  users?: unknown
  oauth2?: Oauth2Settings
  /** Origins whose pages may read answers when not everybody is let in. */
  webOrigins?: readonly string[]
  /** What decides about access instead of users; absent = everybody is let in. */
  accessPolicy?: PolicyFile
  /** How one logs in; absent = by the key of a client, which everybody may have. */
  loginMethods?: readonly LoginSettings[]
  /** Signs the tokens of the login; absent = a fresh one per process, so that older tokens count as no login. */
  tokenKey?: KeyPlace
}

/** Longest request body, as in the reference: 10 MB of a thousand thousand bytes. */
export const bodyLimitBytes = 10_000_000
/** Of an id or a name in a path. */
export const longestParameter = 1_024
export const handlerTimeoutMs = 30_000
/** Longest `wait` of a job; longer ones are cut to it. */
export const longestWaitMs = 60_000
/** Items on a page when nobody asked for a number. */
export const defaultPageSize = 1_000
/** What requests in flight get to finish when the server stops. */
export const stopGraceMs = 80
