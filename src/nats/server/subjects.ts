/** Subjects are tokens parted by dots; in a pattern `*` stands for one token and a last `>` for one or more. */
const tokenPattern = /^[^\s\0.]+$/

const tokens = (subject: string): string[] => subject.split('.')

/** Asked of each message: one look over all of it. */
const subjectPattern = /^(?![*>](?:\.|$))[^\s\0.]+(?:\.(?![*>](?:\.|$))[^\s\0.]+)*$/

export const isSubject = (subject: string): boolean => subject.length <= 4096 && subjectPattern.test(subject)

export const isPattern = (pattern: string): boolean => {
  const parts = tokens(pattern)
  return (
    pattern.length <= 4096 &&
    parts.every((token, i) => tokenPattern.test(token) && (token !== '>' || i === parts.length - 1))
  )
}

/**
 * `subject` may be a pattern too: then whether all that it stands for matches. Asked several times of each message, so
 * that nothing is cut into tokens for it.
 */
export function matches(pattern: string, subject: string): boolean {
  let at = 0
  for (let i = 0; i < pattern.length; i++) {
    if (isToken(pattern, i, '>')) return at < subject.length
    if (isToken(pattern, i, '*')) {
      if (at >= subject.length || isToken(subject, at, '>')) return false
      const end = subject.indexOf('.', at)
      at = end === -1 ? subject.length : end
    } else if (pattern[i] !== subject[at++]) return false
  }
  return at === subject.length
}

/** Whether this letter is a token by itself. */
const isToken = (text: string, at: number, letter: string): boolean =>
  text[at] === letter && (at === 0 || text[at - 1] === '.') && (at + 1 === text.length || text[at + 1] === '.')
