/** Text of a policy without what means nothing: comments, blanks, commas before a closing bracket. */
export function withoutLayout(source: string): string {
  const parts = source.match(/"(?:[^"\\\n]|\\.)*"|#[^\n]*|\s+|[^"#\s]+|"/g) ?? []
  const kept = parts.filter((part) => !part.startsWith('#') && part.trim() !== '').join('')
  return kept.replace(/,(?=[}\]])/g, '')
}

/** What users put into the policies that are shipped, as their comments tell them to. */
const slots = {
  secret: /(?<=expected_secret:=)"(?:[^"\\]|\\.)*"/,
  users: /(?<=userlist:=)\{(?:"(?:[^"\\]|\\.)*":\["[^"]*","[^"]*"\],?)*\}/,
  clients: /(?<=allowed_clients:=)\[(?:"[^"]*",?)*\]/,
  namespaces: /(?<="ns":)\{(?:(?:"[^"]*"|valid_user|input\.clientId):\w+,?)*\}/,
} as const
type Filled = { -readonly [Name in keyof typeof slots]?: string }

/** Takes out what users put in; the rest is the same for all of them. */
export function emptied(source: string): { rest: string; filled: Filled } {
  let rest = withoutLayout(source)
  const filled: Filled = {}
  for (const [name, pattern] of Object.entries(slots)) {
    rest = rest.replace(pattern, (found) => {
      filled[name as keyof Filled] = found
      return '?'
    })
  }
  return { rest, filled }
}
