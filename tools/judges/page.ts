import { hasFailed, type Judged, type Verdict } from './judge.ts'

const intro = `# What real clients see

<!-- made by \`npm run judges\`; do not edit -->

Real clients of Bacalhau use a cluster of the built product as their users do, and what they show is checked: exit codes, states, what a job printed,
the files it left. Real compute nodes join an orchestrator of the built product, and what becomes of its jobs is checked. \`npm run judges -- --cli
EXECUTABLE … --node EXECUTABLE … --python FOLDER\` does it again; it is not part of \`npm test\`, because they are not part of the project. The uses are
in \`tools/judges/\`.
`

/** docs/judges.md. */
export function page(judged: readonly Judged[], absent: readonly string[], at: Date): string {
  const commits = [...new Set(judged.map(({ commit }) => commit))].join(', ')
  const facts = [
    `Server of commit ${commits}, ${at.toISOString().slice(0, 10)}.`,
    ...absent.map((name) => `${name}: not given, so not run.`),
  ]
  return `${[intro, ...facts.map((fact) => `- ${fact}`), ...judged.map(section)].join('\n')}\n`
}

const section = ({ client, verdicts }: Judged): string => `
## ${client}

${countLine(verdicts)}

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
