import { formatBinaryBytes } from '#lib/sizes.ts'

/** What readers find in the place of output that was left out. */
const noteOf = (why: string): Uint8Array => Buffer.from(`\n[${why}]\n`)

export const lossNote = noteOf('what was printed after this is not kept: it could not be written')

/** `limitBytes` from the beginning, and `lastWordsBytes` at the end. */
export const limitNote = (limitBytes: number, lastWordsBytes: number): Uint8Array =>
  noteOf(
    `a node keeps ${formatBinaryBytes(limitBytes)} of an execution: of what was printed after this, the last ` +
      `${formatBinaryBytes(lastWordsBytes)} follow when it has ended`,
  )

export const goneNote = (goneBytes: number): Uint8Array =>
  noteOf(
    `${formatBinaryBytes(goneBytes)} that were printed before this are not kept any more: it is the newest that stays`,
  )
