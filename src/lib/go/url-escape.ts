import { bytesOfText } from './byte-text.ts'

/** Go's `url.QueryEscape`: everything but letters, digits and `-_.~`, a space as `+`. */
export const queryEscape = (text: string): string => escaped(text, /[A-Za-z0-9\-_.~]/).replaceAll('%20', '+')

/** Go's `url.PathEscape`: of one segment of a path. */
export const pathEscape = (text: string): string => escaped(text, /[A-Za-z0-9\-_.~$&+=:@]/)

/** Percent signs for each byte that is not one of the wanted characters. */
export function escaped(text: string, kept: RegExp): string {
  let result = ''
  for (const byte of bytesOfText(text)) {
    const char = String.fromCharCode(byte)
    result += byte < 0x80 && kept.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return result
}
