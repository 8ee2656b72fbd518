/** Where something stands in a document: names of fields, keys of maps, places in lists. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with a document, in the words that clients know. */
export type Problem = {
  readonly path: (string | number)[]
  text: string
  /** Not told by the reference, which stops at the first of a kind: told last. */
  readonly isFurther?: true
}

export const problemAt = (text: string, ...path: Path): Problem => ({ path: [...path], text })
export const asFurther = (problem: Problem): Problem => ({ ...problem, isFurther: true })

/** Adds what was found in a part that `steps` lead to. The prefix stands once, before the first of several. */
export function pushUnder(problems: Problem[], prefix: string, steps: Path, found: readonly Problem[]): void {
  if (found[0] === undefined) return
  found[0].text = prefix + found[0].text
  for (const problem of found) {
    problem.path.unshift(...steps)
    problems.push(problem)
  }
}

/** What the reference tells first, then the rest. */
export const inTellingOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.some((each) => each.isFurther)
    ? [...problems.filter((each) => !each.isFurther), ...problems.filter((each) => each.isFurther)]
    : problems

/** All of them, one a line; of very many the first. */
export const problemText = (problems: readonly Problem[]): string =>
  problems
    .slice(0, mostTold)
    .map(({ text }) => text)
    .concat(problems.length > mostTold ? [`and ${problems.length - mostTold} more`] : [])
    .join('\n')

export const mostTold = 100

/** `Tasks[0].InputSources[1].Target`; keys that are no names stand in brackets. */
export const pathText = (path: Path): string =>
  path
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`
      return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
    })
    .join('')
    .replace(/^\./, '')

/** Whether one of the two places lies in the other. */
export const isSamePart = (a: Path, b: Path): boolean => a.slice(0, b.length).every((step, at) => step === b[at])
