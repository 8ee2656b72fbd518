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

/** `subject` may be a pattern too: then whether all that it stands for matches. */
export const matches = (pattern: string, subject: string): boolean => {
  const wanted = tokens(pattern)
  const given = tokens(subject)
  for (const [i, token] of wanted.entries()) {
    if (token === '>') return given.length > i
    if (given[i] === undefined || given[i] === '>' || (token !== '*' && token !== given[i])) return false
  }
  return given.length === wanted.length
}
