/**
 * The tables of an output as one line per row, so that they can be compared cell by cell: how a cell is wrapped depends
 * on the lengths of names, ids and labels. Lines outside of tables stay as they are.
 */
export function tablesUnwrapped(text: string, hiddenHeader?: readonly string[]): string {
  const out: string[] = []
  let columns = hiddenHeader && columnsOf(outline(text), hiddenHeader)
  let rows: string[][][] = []
  const flush = () => {
    if (columns) out.push(...rowsOf(columns, rows))
    columns = undefined
    rows = []
  }
  for (const line of text.split('\n')) {
    if (/^ (?:TIME|CREATED|ID) +[A-Z]/.test(line)) {
      flush()
      columns = columnsOf(line)
      out.push(line)
    } else if (!columns || !line.startsWith(' ') || line.trim() === '') {
      flush()
      out.push(line)
    } else {
      const pieces = columns.map(({ start, end }) => [...line].slice(start, end).join(''))
      if (pieces[0]?.trim() === '') rows.at(-1)?.push(pieces)
      else rows.push([pieces])
    }
  }
  flush()
  return out.join('\n')
}

type Column = { name: string; start: number; end: number }

/** Cells stand at least two blanks apart. `names` when the line is no header. */
function columnsOf(header: string, names?: readonly string[]): Column[] {
  const found = [...header.matchAll(/\S+(?: \S+)*/g)]
  return found.map((match, index) => ({
    name: names?.[index] ?? match[0],
    start: match.index,
    end: (found[index + 1]?.index ?? header.length + 1) - 2,
  }))
}

/** A line that is blank where all lines are. */
function outline(text: string): string {
  const lines = text.split('\n').map((line) => [...line])
  const width = Math.max(...lines.map((line) => line.length))
  const isBlank = (at: number) => lines.every((line) => (line[at] ?? ' ') === ' ')
  return Array.from({ length: width }, (_, at) => (isBlank(at) ? ' ' : 'x')).join('')
}

function rowsOf(columns: readonly Column[], rows: readonly string[][][]): string[] {
  const cells = rows.map((lines) =>
    columns.map((column, index) => comparableCell(column.name, cellText(column, lines, index))),
  )
  const exec = columns.findIndex(({ name }) => name === 'EXEC. ID')
  const texts = cells.map((row) => ({ id: exec < 0 ? '' : (row[exec] ?? ''), text: row.join(' | ') }))
  return byLife(texts)
}

/** How the lives of several executions are interleaved is chance: the job's lines, then one life after the other. */
function byLife(rows: readonly { id: string; text: string }[]): string[] {
  const lives = Map.groupBy(rows, ({ id }) => id)
  const job = (lives.get('') ?? []).map(({ text }) => text)
  lives.delete('')
  const others = [...lives.values()].map((life) => life.map(({ id, text }) => text.replaceAll(id, '<exec>')))
  return [...job, ...others.toSorted((a, b) => a.join('\n').localeCompare(b.join('\n'))).flat()]
}

/** The header itself is wrapped too: OUTPUT and S. */
const softColumns = ['TOPIC', 'LABELS', 'ENGINES', 'INPUTS FROM', 'OUTPUT', 'OUTPUTS', 'CPU', 'MEMORY', 'DISK', 'GPU']

/** A line that fills its column was broken inside a word; soft columns break between words. */
function cellText({ name, start, end }: Column, lines: readonly string[][], index: number): string {
  let text = ''
  let isFull = false
  for (const line of lines) {
    const piece = (line[index] ?? '').trimEnd()
    text = isFull || text === '' ? text + piece : `${text} ${piece}`.trimEnd()
    isFull = [...piece].length === end - start && !softColumns.includes(name)
  }
  return text
}

/** What is chance, of the machine, or in words of our own in a cell. */
function comparableCell(name: string, text: string): string {
  switch (name) {
    case 'NODE ID':
      return text === '' ? '' : 'a-node'
    case 'LABELS':
      return sorted(text)
    case 'ENGINES':
    case 'INPUTS FROM':
    case 'OUTPUT':
    case 'OUTPUTS':
      return sorted(text)
    case 'CPU':
    case 'MEMORY':
    case 'DISK':
    case 'GPU':
      return text.replace(/[\d.]+(?: [KMGT]?B)?/g, 'N')
    case 'VERSION':
    case 'ARCHITECTURE':
    case 'OS':
      return '<BUILD>'
    case 'EVENT':
      return text.replace(/ \* Hint: .*?(?= \* [A-Z]\w+: |$)/, '')
    default:
      return text
  }
}

const sorted = (text: string): string => text.split(' ').filter(Boolean).sort().join(' ')
