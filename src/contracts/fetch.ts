/** What is used of the platform's `fetch`: how a client sends requests. */
export type Fetch = (url: string, request?: FetchRequest) => Promise<FetchAnswer>
export type FetchRequest = {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  signal?: AbortSignal
}
export type FetchAnswer = {
  readonly status: number
  /** The status is one of success. */
  readonly ok: boolean
  readonly headers: { get(name: string): string | null }
  readonly body: AsyncIterable<Uint8Array> | null
  text(): Promise<string>
}
