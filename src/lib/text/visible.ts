/**
 * What a terminal would obey instead of showing it: control characters, line breaks and tabs aside, and those that turn
 * the direction of writing over.
 */
const obeyed = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g

/** A text of others as it may be shown to people: what a terminal would obey is written out, `\x1b`, `\u202e`. */
export const visible = (text: string): string =>
  text.replace(/\r\n/g, '\n').replace(obeyed, (char) => {
    const code = char.charCodeAt(0).toString(16)
    return char <= '\xff' ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`
  })

/** The same in one line. */
export const visibleLine = (text: string): string => visible(text.trim().replace(/\s+/g, ' '))
