import type { MappingNode, YamlNode } from './node.ts'
import { readSettings, type YamlMap } from './read-settings.ts'
import { nodeOf, type YamlValue } from './read-yaml.ts'
import { writeYaml } from './write-yaml.ts'

/** Columns between a section and what is in it, where a new one is written. */
const indentWidth = 4

export type Edited = {
  readonly text: string
  /** The text could not be changed in place, and was written anew: comments are gone. */
  readonly isRewritten: boolean
}

/**
 * Sets one value in a YAML text of settings and leaves everything else as it is written: order, comments, spelling.
 * Names are found whatever their case, and also as one dotted key; sections that are missing are added at the end of
 * the one they belong to. Throws the Fault of `readSettings` for a text that is none.
 */
export function setInYaml(source: string, path: readonly string[], value: YamlValue): Edited {
  const wanted = withValue(readSettings(source), path, value)
  const root = nodeOf(source)
  const lines = source === '' ? [] : source.replace(/\n$/, '').split('\n')
  const edited =
    root?.kind === 'mapping' && isBlock(root, lines) ? editMapping(lines, root, lines.length, path, value) : undefined
  const added = isEmpty(root) ? [...lines, ...entryLines(path, value, 0)] : undefined
  const text = joined(edited ?? added ?? [])
  return isTrue(text, wanted) ? { text, isRewritten: false } : { text: joined(mapLines(wanted, 0)), isRewritten: true }
}

const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
const isEmpty = (root: YamlNode | undefined): boolean =>
  root === undefined || (root.kind === 'scalar' && root.text === '')

/** Whether the text says what it should: the judge of every edit. */
function isTrue(text: string, wanted: YamlMap): boolean {
  try {
    return writeYaml(readSettings(text)) === writeYaml(wanted)
  } catch {
    return false
  }
}

/** The name that a path begins with, and how many steps it takes. */
function found(names: readonly string[], path: readonly string[]): [at: number, steps: number] | undefined {
  for (let steps = 1; steps <= path.length; steps++) {
    const name = path.slice(0, steps).join('.').toLowerCase()
    const at = names.findIndex((each) => each.toLowerCase() === name)
    if (at >= 0) return [at, steps]
  }
  return undefined
}

function withValue(map: YamlMap, path: readonly string[], value: YamlValue): YamlMap {
  const names = Object.keys(map)
  const place = found(names, path)
  const name = place ? (names[place[0]] as string) : (path[0] as string)
  const rest = path.slice(place ? place[1] : 1)
  const before = map[name]
  const inner = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {}
  return { ...map, [name]: rest.length === 0 ? value : withValue(inner, rest, value) }
}

/** `end` is the line behind the mapping. Undefined where the text is written in a way that cannot be changed in place. */
function editMapping(
  lines: readonly string[],
  { pairs }: MappingNode,
  end: number,
  path: readonly string[],
  value: YamlValue,
): string[] | undefined {
  const names = pairs.map(([key]) => (key.kind === 'scalar' ? key.text : ''))
  const indent = pairs[0]?.[0].mark.column ?? 0
  const place = found(names, path)
  if (!place) {
    const at = contentEnd(lines, end)
    return lines.toSpliced(at, 0, ...entryLines(path, value, indent))
  }
  const [at, steps] = place
  const [key, old] = pairs[at] as [YamlNode, YamlNode]
  const rest = path.slice(steps)
  const next = pairs[at + 1]?.[0].mark.line ?? end
  if (rest.length > 0 && old.kind === 'mapping' && isBlock(old, lines))
    return editMapping(lines, old, next, rest, value)
  const first = key.mark.line
  const last = contentEnd(lines, next)
  const whole = rest.length === 0 ? value : valueBelow(old, lines.slice(first, last), rest, value)
  if (whole === undefined) return undefined
  const fresh = entryLines([names[at] as string], whole, indent)
  const comment = last - first === 1 && fresh.length === 1 ? commentOf(lines[first] as string, old) : ''
  return lines.toSpliced(first, last - first, ...fresh.map((line) => line + comment))
}

/** What a section that is written in one piece (`{a: 1}`, or nothing) becomes. */
function valueBelow(old: YamlNode, lines: readonly string[], path: readonly string[], value: YamlValue) {
  if (old.kind === 'alias') return undefined
  const inner = old.kind === 'mapping' ? (Object.values(readSettings(lines.join('\n')))[0] as YamlMap) : {}
  return withValue(inner, path, value)
}

const isBlock = ({ mark, pairs }: MappingNode, lines: readonly string[]): boolean =>
  pairs.length > 0 && [...(lines[mark.line] ?? '')][mark.column] !== '{'

/** Comments and empty lines before the next entry belong to that one. */
function contentEnd(lines: readonly string[], end: number): number {
  let at = end
  while (at > 0 && /^\s*(#.*)?$/.test(lines[at - 1] as string)) at--
  return at
}

/** The comment behind a value that stands on one line. */
function commentOf(line: string, { mark }: YamlNode): string {
  const value = [...line].slice(mark.column).join('')
  const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')(\s+#.*)?$/.exec(value)
  return (quoted ? quoted[1] : /\s+#.*$/.exec(value)?.[0]) ?? ''
}

const entryLines = ([name = '', ...rest]: readonly string[], value: YamlValue, indent: number): string[] => {
  const pad = ' '.repeat(indent)
  const key = scalarText(name)
  if (rest.length > 0) return [`${pad}${key}:`, ...entryLines(rest, value, indent + indentWidth)]
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const inner = indent + indentWidth
    return [`${pad}${key}:`, ...(Array.isArray(value) ? listLines(value, inner) : mapLines(value, inner))]
  }
  const [first = '', ...more] = scalarText(value).split('\n')
  return [`${pad}${key}: ${first}`, ...more.map((line) => (line === '' ? '' : `${pad}  ${line}`))]
}

const mapLines = (map: YamlMap, indent: number): string[] =>
  Object.entries(map).flatMap(([name, value]) => entryLines([name], value, indent))

const listLines = (list: readonly YamlValue[], indent: number): string[] =>
  scalarText(list as YamlValue[])
    .split('\n')
    .map((line) => ' '.repeat(indent) + line)

const scalarText = (value: YamlValue): string => writeYaml(value).replace(/\n$/, '')
