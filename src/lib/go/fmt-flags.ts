/** What stands between `%` and the verb. */
export type Flags = {
  isSharp: boolean
  isSharpV: boolean
  isPlus: boolean
  isMinus: boolean
  isZero: boolean
  isSpace: boolean
  width: number | undefined
  precision: number | undefined
}

export const noFlags = (): Flags => ({
  isSharp: false,
  isSharpV: false,
  isPlus: false,
  isMinus: false,
  isZero: false,
  isSpace: false,
  width: undefined,
  precision: undefined,
})

/** Fills to the width, counted in code points; zeros only to the left. */
export function pad(text: string, flags: Flags): string {
  if (flags.width === undefined || flags.width === 0) return text
  const missing = flags.width - [...text].length
  if (missing <= 0) return text
  if (flags.isMinus) return text + ' '.repeat(missing)
  return (flags.isZero ? '0' : ' ').repeat(missing) + text
}

/** The same with blanks only. */
export const padWithBlanks = (text: string, flags: Flags): string => pad(text, { ...flags, isZero: false })
