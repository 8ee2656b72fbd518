/** What is said of a job that is taken all the same: as its server says it, too, and with where in the file that is. */
export type Warning = { readonly plain: string; readonly placed: string }

export const unplaced = (text: string): Warning => ({ plain: text, placed: text })

/** What the job file makes us say, then what only the server knows. */
export const allWarnings = (ours: readonly Warning[], servers: readonly string[] | null = []): string[] => {
  const known = new Set(ours.map(({ plain }) => plain))
  return [...new Set([...ours.map(({ placed }) => placed), ...(servers ?? []).filter((text) => !known.has(text))])]
}
