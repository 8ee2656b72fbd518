import { visible } from '#lib/text/visible.ts'
import type { Out } from './out.ts'
import { wrapIndented } from './wrap.ts'

/**
 * Sentences for people, as a terminal has room for them behind so many columns; elsewhere they stay as they are, for
 * programs that look for them.
 */
export const fitted = (text: string, { columns }: Out, indent = 0): string =>
  columns === undefined ? visible(text) : wrapIndented(visible(text), columns, indent)

export const tell = (out: Out, text: string): void => out.write(`${fitted(text, out)}\n`)

const warning = 'Warning: '
/** Something is as it was asked for, but hardly as it was meant. */
export const warn = (out: Out, text: string): void => out.write(`${warning}${fitted(text, out, warning.length)}\n`)
