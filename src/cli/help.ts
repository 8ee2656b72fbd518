import type { Command } from '#lib/argv/command.ts'
import { type CommandPath, flagsOf, pathText, subcommandsOf } from '#lib/argv/dispatch.ts'
import type { FlagTable } from '#lib/argv/flags.ts'
import { formatDuration } from '#lib/duration.ts'

type Flag = FlagTable[string]

/** Everything about a command: what it does and how it is used. */
export function helpText(path: CommandPath): string {
  const command = path.at(-1)
  return `${command?.long ?? command?.short ?? ''}\n\n${usageText(path)}`
}

/** How a command is called, with its flags; groups list what they hold. */
export function usageText(path: CommandPath): string {
  const command = path.at(-1) as Command
  const name = pathText(path)
  const known = subcommandsOf(path).filter((each) => !each.deprecated && !each.isHidden)
  const own = flagLines({
    ...command.flags,
    help: flagsOf(path).help as Flag,
    ...(path.length === 1 ? command.persistentFlags : {}),
  })
  const passed = flagLines(Object.assign({}, ...path.slice(0, -1).map((each) => each.persistentFlags ?? {})))
  return [
    section('Usage:', [`  ${name}${known.length > 0 ? ' [command]' : `${operands(command)} [flags]`}`]),
    section('Examples:', command.examples ? [command.examples] : []),
    section('Available Commands:', columns(known.map((each) => [each.name, each.short]))),
    section('Flags:', own),
    section('Global Flags:', passed),
    known.length > 0 ? `Use "${name} [command] --help" for more information about a command.\n` : '',
  ]
    .filter((part) => part !== '')
    .join('\n')
}

const operands = ({ operands = '' }: Command): string => (operands === '' ? '' : ` ${operands}`)
const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${title}\n${lines.join('\n')}\n`

const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

function flagLines(table: FlagTable): string[] {
  const rows = Object.entries(table)
    .filter(([, flag]) => !flag.isHidden && !flag.deprecated)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => [flagName(name, flag), `${flag.usage}${defaultText(flag)}`] as const)
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`)
}

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
