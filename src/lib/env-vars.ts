/** What 1.9 says about a variable of a task's `Env`; '' = nothing is wrong. */
export function envProblem(name: string, value: string): string {
  if (name === '') return 'environment variable name cannot be empty'
  const problem = nameProblem(name) ?? (value === '' ? 'cannot have empty value' : '')
  return problem && `environment variable '${name}' ${problem}`
}

/** A value that may stand in a label or an address: blanks and `=` become `_`. */
export const sanitizeEnvValue = (text: string): string => text.replace(/[\s=]/gu, '_')

/** Reads `K=V` texts, cut at the first `=`; a text without one is left out, later names win. */
export const envOfList = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    list.flatMap((text) => {
      const at = text.indexOf('=')
      return at === -1 ? [] : [[text.slice(0, at), text.slice(at + 1)]]
    }),
  )

function nameProblem(name: string): string | undefined {
  if (name !== name.toUpperCase()) return 'must be uppercase'
  if (!/^\p{L}/u.test(name)) return 'must start with a letter'
  if (!/^[\p{L}\p{N}_]*$/u.test(name)) return 'can only contain letters, numbers, and underscores'
  return name.startsWith('BACALHAU_') ? 'cannot start with BACALHAU_' : undefined
}
