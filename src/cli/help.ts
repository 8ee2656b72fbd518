import type { Command } from '#lib/argv/command.ts'
import { type CommandPath, flagsOf, pathText, subcommandsOf } from '#lib/argv/dispatch.ts'
import type { FlagTable } from '#lib/argv/flags.ts'
import { formatDuration } from '#lib/duration.ts'
import { wrapIndented } from './wrap.ts'

type Flag = FlagTable[string]

/** Longer lines are read badly. */
const widest = 100
/** Without a terminal a line is for `grep`, and is not broken. */
const endless = Number.POSITIVE_INFINITY
const columnsOf = (terminal: number | undefined): number =>
  terminal === undefined ? endless : Math.min(terminal, widest)
/** Narrowest text beside names; below that it stands under them. */
const narrowest = 30

/** Everything about a command: what it does and how it is used. */
export function helpText(path: CommandPath, room?: number): string {
  const command = path.at(-1)
  return `${wrapIndented(command?.long ?? command?.short ?? '', columnsOf(room), 0)}\n\n${usageText(path, room)}`
}

/** How a command is called, with its flags; groups list what they hold. */
export function usageText(path: CommandPath, room?: number): string {
  const columns = columnsOf(room)
  const command = path.at(-1) as Command
  const name = pathText(path)
  const known = subcommandsOf(path).filter((each) => !each.deprecated && !each.isHidden)
  const own = flagRows({
    ...command.flags,
    help: flagsOf(path).help as Flag,
    ...(path.length === 1 ? command.persistentFlags : {}),
  })
  const passed = flagRows(Object.assign({}, ...path.slice(0, -1).map((each) => each.persistentFlags ?? {})))
  return [
    section('Usage:', [`  ${name}${known.length > 0 ? ' [command]' : `${operands(command)} [flags]`}`]),
    section('Examples:', command.examples ? [command.examples] : []),
    section('Available Commands:', inColumns(sorted(known.map((each) => [each.name, each.short])), 2, columns)),
    section('Flags:', inColumns(own, 3, columns)),
    section('Global Flags:', inColumns(passed, 3, columns)),
    known.length > 0
      ? `${wrapIndented(`Use "${name} [command] --help" for more information about a command.`, columns, 0)}\n`
      : '',
  ]
    .filter((part) => part !== '')
    .join('\n')
}

const operands = ({ operands = '' }: Command): string => (operands === '' ? '' : ` ${operands}`)
const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${title}\n${lines.join('\n')}\n`

type Row = readonly [name: string, text: string]
const sorted = (rows: readonly Row[]): Row[] => rows.toSorted(([a], [b]) => (a < b ? -1 : 1))

/** Names, and behind a gap what they are for, in lines that fit. */
function inColumns(rows: readonly Row[], gap: number, columns: number): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  const indent = 2 + width + gap
  if (columns - indent < narrowest)
    return rows.map(([name, text]) => `  ${name}\n${' '.repeat(8)}${wrapIndented(text, columns, 8)}`)
  return rows.map(([name, text]) => `  ${name.padEnd(width + gap)}${wrapIndented(text, columns, indent)}`)
}

const flagRows = (table: FlagTable): Row[] =>
  Object.entries(table)
    .filter(([, flag]) => !flag.isHidden && !flag.deprecated)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => [flagName(name, flag), `${flag.usage}${defaultText(flag)}`])

const flagName = (name: string, { shorthand, type }: Flag): string => {
  const word = type.alone === undefined ? ` ${type.name}` : ''
  return `${shorthand ? `-${shorthand}, ` : '    '}--${name}${word}`
}

/** What holds when the flag is not given; nothing is not worth saying. */
function defaultText(flag: Flag): string {
  const value: unknown = flag.default
  if (value === undefined || value === false || value === 0 || value === 0n || value === '') return ''
  if (typeof value === 'bigint') return ` (default ${formatDuration(value)})`
  if (typeof value === 'string') return ` (default "${value}")`
  if (Array.isArray(value)) return value.length === 0 ? '' : ` (default [${value.join(',')}])`
  return typeof value === 'object' ? '' : ` (default ${String(value)})`
}
