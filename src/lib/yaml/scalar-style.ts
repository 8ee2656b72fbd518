import { isBlank, isBlankOrEnd, isBreak, isOneOf, isSpace } from './characters.ts'
import { guessScalar, isTimestamp } from './resolve.ts'

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal'

/** The style Go's writer gives a text: plain if it reads back as the same text, literal for several lines. */
export function styleOfText(text: string, isKey: boolean): ScalarStyle {
  const allows = analyze(text)
  if (text.includes('\n')) return isKey || !allows.literal ? 'double' : 'literal'
  if (!readsAsText(text)) return 'double'
  if (allows.plain && !(isKey && text === '')) return 'plain'
  return allows.single ? 'single' : 'double'
}

/** Whether a plain scalar with this text would be a string again, also for readers that know base 60 numbers. */
function readsAsText(text: string): boolean {
  if (guessScalar(text).kind !== 'string' || isTimestamp(text)) return false
  return !/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/.test(text)
}

/** Which styles can show the text at all (block context). */
function analyze(text: string): { plain: boolean; single: boolean; literal: boolean } {
  const codes = Array.from(text, (char) => char.codePointAt(0) as number)
  const [first = 0, last = 0] = [codes[0], codes.at(-1)]
  const isSpecial = codes.some((code) => !isShownAsIs(code))
  const hasBreak = codes.some(isBreak)
  const follows = (is: (code: number) => boolean, next: (code: number) => boolean) =>
    codes.some((code, at) => is(code) && at + 1 < codes.length && next(codes[at + 1] as number))
  const hasSpaceBeforeBreak = follows(isSpace, isBreak)
  const hasSpaceAfterBreak = follows(isBreak, isSpace)
  const isPadded = isSpace(first) || isBreak(first) || isSpace(last) || isBreak(last)
  const hidesNothing = !isSpecial && !hasSpaceBeforeBreak
  return {
    plain: hidesNothing && !hasBreak && !isPadded && !hasIndicator(text, codes),
    single: hidesNothing && !hasSpaceAfterBreak,
    literal: hidesNothing && !isSpace(last) && text !== '',
  }
}

/** Whether something in a plain text would be taken for YAML syntax. */
function hasIndicator(text: string, codes: number[]): boolean {
  if (text.startsWith('---') || text.startsWith('...')) return true
  const isBlankAt = (at: number) => at >= codes.length || isBlank(codes[at] as number)
  if (isOneOf(codes[0] as number, '#,[]{}&*!|>\'"%@`')) return true
  if (isOneOf(codes[0] as number, '?:-') && isBlankAt(1)) return true
  return codes.some((code, at) => {
    if (at === 0) return false
    return code === 0x3a ? isBlankAt(at + 1) : code === 0x23 && isBlankOrEnd(codes[at - 1] as number)
  })
}

/** What needs no escape; Go's writer escapes everything beyond the basic plane, tabs and the byte order mark. */
export const isShownAsIs = (code: number): boolean =>
  code === 0x0a ||
  (code >= 0x20 && code <= 0x7e) ||
  (code >= 0xa0 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
