import { hasFailed, type Judged, type Verdict } from './judge.ts'

const intro = `# What real clients see

<!-- made by \`npm run judges\`; do not edit -->

Real clients of Bacalhau use a cluster of the built product as their users do, and what they show is checked: exit codes, states, what a job printed,
the files it left. Real compute nodes join an orchestrator of the built product, and what becomes of its jobs is checked; and a compute node of the
built product joins real orchestrators, whose own command line says what became of theirs. Programs that others wrote judge the WASM engine: the public
suite of WASI, and the samples of Bacalhau's own tests. \`npm run judges -- --cli EXECUTABLE … --node EXECUTABLE … --orchestrator EXECUTABLE …
--wasi FOLDER … --python FOLDER\` does it again; it is not part of \`npm test\`, because they are not part of the project. The uses are in
\`tools/judges/\`.
`

/** docs/judges.md: who was judged now, and as it stood `before` who was not. Each says when that was, and with which commit. */
export function page(judged: readonly Judged[], wanted: readonly string[], before: string, at: Date): string {
  const sections = sectionsOf(before)
  for (const each of judged) sections.set(each.client, section(each, at))
  const missing = wanted.filter((start) => ![...sections.keys()].some((name) => name.startsWith(start)))
  const facts = missing.map((name) => `- ${name}: never run.`)
  return `${[intro.trimEnd(), ...(facts.length > 0 ? [facts.join('\n')] : []), ...sections.values()].join('\n\n')}\n`
}

/** By the name of the client. */
function sectionsOf(text: string): Map<string, string> {
  const [, ...sections] = text.split(/^## /m)
  return new Map(sections.map((each) => [each.slice(0, each.indexOf('\n')), `## ${each.trimEnd()}`]))
}

const section = ({ client, commit, verdicts }: Judged, at: Date): string => `## ${client}

Commit ${commit}, ${at.toISOString().slice(0, 10)}: ${countLine(verdicts)}

| use | verdict |
| --- | --- |
${verdicts.map(row).join('\n')}`

/** How many passed, failed and were left out. */
export function countLine(verdicts: readonly Verdict[]): string {
  const failed = verdicts.filter(hasFailed).length
  const leftOut = verdicts.filter(({ leftOut }) => leftOut !== undefined).length
  const rest = leftOut > 0 ? `, ${leftOut} left out` : ''
  return `${verdicts.length - failed - leftOut} passed, ${failed} failed${rest}.`
}

const row = (verdict: Verdict): string => `| ${cell(verdict.use)} | ${cell(outcome(verdict))} |`

/** One line on what became of a use. */
export function outcome({ failure, leftOut }: Verdict): string {
  if (leftOut !== undefined) return `left out: ${leftOut}`
  return failure === undefined ? 'passed' : `**failed**: ${oneLine(failure)}`
}

const mostCharacters = 300

/** Without colours and line breaks, and cut where it gets long. */
function oneLine(text: string): string {
  const line = text
    .replaceAll(/\x1b\[[\d;?]*[A-Za-z]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters)} …` : line
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
