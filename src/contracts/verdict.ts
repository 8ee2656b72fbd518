/** A refusal is a value: why not, and what would cure it. `isOff`: nobody has asked for it here, so nothing is wrong. */
export type Verdict = { isYes: true } | { isYes: false; reason: string; cure?: string; isOff?: true }

export const yes: Verdict = { isYes: true }
export const no = (reason: string, cure?: string): Verdict => ({ isYes: false, reason, ...(cure ? { cure } : {}) })
export const off = (reason: string, cure?: string): Verdict => ({
  isYes: false,
  reason,
  ...(cure ? { cure } : {}),
  isOff: true,
})
