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
    const letter = pattern.charCodeAt(i)
    if (letter === rest && isToken(pattern, i)) return at < subject.length
    if (letter === any && isToken(pattern, i)) {
      if (at >= subject.length || (subject.charCodeAt(at) === rest && isToken(subject, at))) return false
      const end = subject.indexOf('.', at)
      at = end === -1 ? subject.length : end
    } else if (letter !== subject.charCodeAt(at++)) return false
  }
  return at === subject.length
}

const any = '*'.charCodeAt(0)
const rest = '>'.charCodeAt(0)

/** Whether the letter there is a token by itself. */
const isToken = (text: string, at: number): boolean =>
  (at === 0 || text[at - 1] === '.') && (at + 1 === text.length || text[at + 1] === '.')
