/** How long to wait after the failed attempt of this number, from 1: a moment, then long enough for a server to be started anew. */
export const retryPauseMs = (attempt: number): number => Math.min(200 * 5 ** (attempt - 1), 5_000)
