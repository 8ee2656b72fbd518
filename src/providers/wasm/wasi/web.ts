/** A request of the guest. Headers are lines `Name: value`, in latin1 as HTTP has them. */
export type WebRequest = { method: string; url: string; headers: string; body: Uint8Array; limitBytes: number }
export type WebAnswer = { status: number; headers: string; body: Uint8Array }

/** Why there is no answer, as the guest is told. */
export const webCode = {
  invalidUrl: 1,
  networkError: 2,
  timeout: 3,
  notAllowed: 4,
  tooLarge: 5,
  badInput: 6,
  memory: 7,
} as const

/** HTTP for a guest. It waits for the answer, or gets a code. */
export interface Web {
  ask(request: WebRequest): WebAnswer | number
}
