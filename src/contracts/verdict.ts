/** A refusal is a value: why not, and what would cure it. */
export type Verdict = { isYes: true } | { isYes: false; reason: string; cure?: string }

export const yes: Verdict = { isYes: true }
export const no = (reason: string, cure?: string): Verdict => ({ isYes: false, reason, ...(cure ? { cure } : {}) })
