import { tablesUnwrapped } from './cli-tables.ts'

/** A text without what varies from run to run: ids, times, chance, the machine, and where lines were broken. */
export function comparableText(text: string, mask: (text: string) => string, hiddenHeader?: readonly string[]): string {
  const unwrapped = tablesUnwrapped(text, hiddenHeader).replace(/\n {7,}(?=\S)/g, ' ')
  return bulletsSorted(mask(anyNode(unwrapped)))
    .replace(/\b(?:Get|Put|Post|Delete) "(?:http|ws)s?:[^"]*"/g, '<REQUEST>')
    .replace(/--next-token [\w-]+/g, '--next-token <TOKEN>')
    .replace(/Error response from daemon: .*/g, '<DOCKER>')
    .replace(/( runs on) \d+ nodes/g, '$1 some nodes')
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .join('\n')
    .replace(/\n+$/, '')
}

/** Which of two fitting nodes got a job is chance; nodes have more labels here, and other capacities. */
const anyNode = (text: string): string =>
  text
    .replace(/\bNode (?:edge-1|n-[0-9a-f]{8})\b/g, 'Node a-node')
    .replace(/,(?:edge-1|n-[0-9a-f]{8}),/g, ',a-node,')
    .replace(/\blabels map\[[^\]]*\]/g, 'labels map[]')
    .replace(/\{CPU:[^}]*\}/g, '{CPU}')
    .replace(/ (?:name|os_arch|os_type)=[\w-]+/g, '')
    .replace(/[\d.]+(?: [KMGT]?B)? \/ [\d.]+(?: [KMGT]?B)?/g, 'N / N')

/** The nodes are spoken of in any order. */
function bulletsSorted(text: string): string {
  const inLine = (line: string) => {
    const [first = '', ...others] = line.split(/(?<=\S) (?=• )/)
    return [first, ...others.sort()].join(' ')
  }
  const lines = text.split('\n').map(inLine)
  const bullets = lines.filter((line) => line.startsWith('• ')).sort()
  return lines.map((line) => (line.startsWith('• ') ? (bullets.shift() ?? '') : line)).join('\n')
}

export const sortedLines = (text: string): string => text.split('\n').sort().join('\n')

/** A list of jobs without what depends on which jobs there are; equal rows of a table stand once. */
export const listedLines = (text: string): string => {
  const lines = text
    .split('\n')
    .map((line) =>
      line.replace(
        /^ ?(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d(,| +)j-[\w-]+.*$/,
        '<TIME>$1<JOB>$1<ENGINE>$1<TYPE>$1<STATE>',
      ),
    )
  return lines.filter((line, index) => line === '' || lines.indexOf(line) === index).join('\n')
}

type SameShape = (golden: unknown, ours: unknown, options?: object) => string[]

/** Listed jobs are those of the cluster: their number up to the limit, and their form. */
export function exampleOf(recorded: unknown, ours: unknown, sameShape: SameShape): string[] {
  if (!Array.isArray(recorded) || !Array.isArray(ours)) return sameShape(recorded, ours)
  const count = recorded.length === ours.length ? [] : [`$: ${recorded.length} items became ${ours.length}`]
  const ignore = ['Jobs[].Tasks[].Engine.Params']
  const form = { extraKeys: 'allow', lengths: false, identity: false, machineKeys: ['Jobs'], ignore }
  const keys = Object.keys(recorded[0] ?? {})
  const without = keys
    .filter((key) => ours.some((job) => !(key in (job as object))))
    .map((key) => `$[].${key}: missing`)
  return [...count, ...without, ...sameShape({ Jobs: recorded }, { Jobs: ours }, form)]
}
