import { join } from 'node:path'
import type { Part } from './count-job.ts'
import { type Counts, mostFrequent, textOf, total } from './counts.ts'
import type { Input } from './input.ts'

const shownWords = 15

const number = (value: number): string => value.toLocaleString('en')

export function inputText({ files, bytes, leftOut }: Input): string {
  const more = leftOut > 0 ? `; ${number(leftOut)} left out: empty, no text, over 64 MiB, or beyond 5,000 files` : ''
  return `${number(files)} files, ${number(bytes)} bytes${more}`
}

/** The merged answer. */
export const answerLines = (counts: Counts): string[] => [
  `${number(total(counts))} words, ${number(counts.size)} different ones. The most frequent:`,
  ...mostFrequent(counts, shownWords).map(([word, count]) => `${number(count).padStart(12)}  ${textOf(word)}`),
]

/** Where each part ran. */
export const partLines = (parts: readonly Part[]): string[] => [
  '  part  node      files  seconds',
  ...parts.map(({ number: part, node, files, ms }) => {
    const seconds = (ms / 1000).toFixed(2)
    return `  ${String(part).padStart(4)}  ${node.padEnd(8)} ${String(files).padStart(6)} ${seconds.padStart(8)}`
  }),
]

/** What the user types to do the same by hand; instead of all of node_modules with the project's own documents. */
export function tryLines(root: string, calledFrom: string, counted: string): string[] {
  const texts = quoted(counted === join(root, 'node_modules') ? join(root, 'docs') : counted)
  const module = quoted(join(root, 'examples/word-count/word-count.wasm'))
  return [
    ...(calledFrom === root ? [] : [`  cd ${quoted(root)}`]),
    `  dist/bacalhau devstack --port 1234 --allow-listed-local-paths ${texts} --allow-listed-local-paths ${module}`,
    'and in another terminal, in the same folder:',
    `  dist/bacalhau job run -V module=${module} -V texts=${texts} examples/word-count/word-count.yaml`,
    '  dist/bacalhau job list',
    '  dist/bacalhau job executions ID',
    '  dist/bacalhau job get ID',
  ]
}

const quoted = (path: string): string => (/^[\w./~+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)
