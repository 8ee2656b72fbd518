import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine } from '../../test/kit/command-line.ts'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'

type Given = { sequence: string[]; write: boolean }
type Row = { Key: string; Value: unknown; Source: string }

/** Values that we check at once; the reference takes them and fails later, or never. */
const isChecked = ({ in: { sequence } }: VectorCase): boolean =>
  ['datadir=x', 'jobadmissioncontrol.locality=local', 'jobadmissioncontrol.locality=x'].includes(sequence[0])

/** Everything `-c` may say, on a command that reads settings and on the one that writes them. */
describeVectors(
  'config-flag.v1.9.3.json',
  async ({ sequence, write }: Given) => {
    const { run, cwd } = commandLine()
    writeFileSync(join(cwd, 'a.yaml'), 'Name: a\n')
    writeFileSync(join(cwd, 'b.yml'), '')
    writeFileSync(join(cwd, 'c.txt'), '')
    mkdirSync(join(cwd, 'dir.yaml'))
    const flags = sequence.flatMap((text) => ['-c', text.replace('<dir>', cwd)])
    const command = write ? ['config', 'set', 'Name=n'] : ['config', 'list', '--output', 'json']
    const { code, stdout, stderr } = await run([...command, ...flags])
    if (code !== 0) throw new Error(messageOf(stderr.replaceAll(cwd, '<dir>')))
    return write ? {} : valuesOf(JSON.parse(stdout))
  },
  {
    skip: isChecked,
    isSame: (ours, theirs, { in: { write } }) => write || JSON.stringify(ours) === JSON.stringify(textsOf(theirs)),
  },
)

const messageOf = (stderr: string): string =>
  /^Error: (.*?)\n(?:Hint: |$)/s.exec(stderr)?.[1]?.replace("Run 'bacalhau ", "Run '<program> ") ?? stderr

/** What came from `-c`, under keys of today. */
const valuesOf = (rows: readonly Row[]): Record<string, string> =>
  Object.fromEntries(
    rows
      .filter(({ Source, Key }) => Source.startsWith('-c ') && /^[A-Z]/.test(Key))
      .map(({ Key, Value }) => [Key.toLowerCase(), textOf(Value)]),
  )

const textsOf = (theirs: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries((theirs as { values: Record<string, { value: string }> }).values).map(([key, { value }]) => [
      key,
      value,
    ]),
  )

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(' ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `map[${Object.entries(value)
    .map(([key, each]) => `${key}:${each}`)
    .join(' ')}]`
}
