import type { TestLine } from '../test/ring-result.ts'

export type Requirement = { number: string; says: string }
export type Showing = Pick<TestLine, 'ring' | 'file' | 'name'>

/** The lines `- R1: …` of docs/requirements.md, in their order. */
export const requirementList = (markdown: string): Requirement[] =>
  [...markdown.matchAll(/^- ([RFWXSNIL]\d+): (.+)$/gm)].map(([, number, says]) => ({ number: number!, says: says! }))

/** The numbers a test cites in brackets: `[R162]`, `[W5, X7]`, `[R12–R14]`. */
export function numbersIn(name: string): string[] {
  return [...name.matchAll(/\[([^\]]*)\]/g)].flatMap(([, inside]) =>
    [...inside!.matchAll(/\b([RFWXSNIL])(\d+)(?:\s*[–-]\s*\1?(\d+))?\b/g)].flatMap(([, letter, from, to]) => {
      const first = Number(from)
      const last = Number(to ?? from)
      return Array.from({ length: Math.max(0, Math.min(last - first, 300)) + 1 }, (_, i) => `${letter}${first + i}`)
    }),
  )
}

/** Which passing tests showed which number. */
export function showings(tests: TestLine[]): Map<string, Showing[]> {
  const shown = new Map<string, Showing[]>()
  for (const { isPassed, ...test } of tests) {
    if (!isPassed) continue
    for (const number of new Set(numbersIn(test.name))) shown.set(number, [...(shown.get(number) ?? []), test])
  }
  return shown
}

export const isOutside = ({ ring }: Showing): boolean => ring === 'wire' || ring === 'e2e'

/** The numbers that must have a test by now; docs/requirements.md names them. */
export type Required = { outside: string[]; anywhere: string[] }

export function requiredNumbers(markdown: string): Required {
  const listed = (where: string) =>
    numbersIn(new RegExp(`Required so far, ${where}: (\\[[^\\]]*\\])`).exec(markdown)?.[1] ?? '')
  return { outside: listed('from outside'), anywhere: listed('in any ring') }
}

/** Those of them that no passing test of the right ring has shown. */
export function unshown({ outside, anywhere }: Required, shown: Map<string, Showing[]>): string[] {
  return [
    ...outside.filter((number) => !shown.get(number)?.some(isOutside)),
    ...anywhere.filter((number) => !shown.has(number)),
  ]
}
