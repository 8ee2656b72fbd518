/** The character classes of YAML 1.1, by UTF-16 code; 0 is the end of the text. */
export const TAB = 0x09
export const SPACE = 0x20

export const isSpace = (code: number): boolean => code === SPACE
export const isBlank = (code: number): boolean => code === SPACE || code === TAB
export const isEnd = (code: number): boolean => code === 0

/** Line feed, carriage return, next line, line separator, paragraph separator. */
export const isBreak = (code: number): boolean =>
  code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029

export const isBreakOrEnd = (code: number): boolean => isBreak(code) || code === 0
export const isBlankOrEnd = (code: number): boolean => isBlank(code) || isBreakOrEnd(code)

/** What anchors, tag handles and directive names are made of. */
export const isWord = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x5f ||
  code === 0x2d

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/** Whether a code is one of the ASCII characters of a text. */
export const isOneOf = (code: number, characters: string): boolean =>
  code !== 0 && code < 0x80 && characters.includes(String.fromCharCode(code))
