import { Fault } from '../fault.ts'
import { quote } from '../go/strconv-quote.ts'
import { type Command, checkArgs, checkGiven } from './command.ts'
import { bool } from './flag-type.ts'
import { aloneText, byName, byShorthand, type FlagTable, type ParsedFlags, parseFlags } from './flags.ts'
import { suggestions } from './suggest.ts'

/** A command with the groups above it, the root first. */
export type CommandPath<Run = unknown> = readonly Command<Run>[]

/** What a command line means. `notices` are deprecation lines, to be shown first. */
export type Dispatch<Run = unknown> =
  | { kind: 'run'; path: CommandPath<Run>; parsed: ParsedFlags; notices: string[] }
  /** The help of the command. `unknownTopic`: what `help` was asked for and nobody knows. */
  | { kind: 'help'; path: CommandPath<Run>; notices: string[]; unknownTopic?: readonly string[] }
  /** `showsUsage`: the usage of the command follows the error; otherwise only where to find help. */
  | { kind: 'fault'; path: CommandPath<Run>; fault: Fault; notices: string[]; showsUsage: boolean }

const helpCommand: Command<never> = {
  name: 'help',
  operands: '[command]',
  short: 'Help about any command',
  long: 'Shows the help of a command: help followed by the names that lead to it.',
}

/** `app job list` */
export const pathText = (path: CommandPath): string => path.map((command) => command.name).join(' ')

/** Every flag the command at the end of the path knows: its own, those passed down to it, and `--help`. */
export function flagsOf(path: CommandPath): FlagTable {
  const own = path.at(-1)
  const passed = path.map((command) => command.persistentFlags ?? {})
  const flags: FlagTable = Object.assign({}, ...passed, own?.flags)
  const isLetterFree = byShorthand(flags, 'h') === undefined
  const help = { type: bool, usage: `help for ${own?.name}`, ...(isLetterFree && { shorthand: 'h' }) }
  return { ...flags, ...(!('help' in flags) && { help }) }
}

/** The commands of a group as help and dispatch see them; the root has `help` too. */
export const subcommandsOf = <Run>(path: CommandPath<Run>): readonly Command<Run>[] => {
  const own = path.at(-1)?.subcommands ?? []
  return path.length === 1 && own.length > 0 ? [...own, helpCommand] : own
}

/** Finds the command that a command line means and reads its flags and arguments, by cobra's rules and in its words. */
export function dispatch<Run>(root: Command<Run>, argv: readonly string[]): Dispatch<Run> {
  const found = find([root], argv)
  if (found.fault) {
    return { kind: 'fault', path: found.path, fault: found.fault, notices: [], showsUsage: false }
  }
  const command = found.path.at(-1) as Command<Run>
  const notices = command.deprecated ? [`Command "${command.name}" is deprecated, ${command.deprecated}`] : []
  try {
    return read(found.path, found.argv, notices)
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    return { kind: 'fault', path: found.path, fault, notices, showsUsage: true }
  }
}

function read<Run>(path: CommandPath<Run>, argv: readonly string[], notices: string[]): Dispatch<Run> {
  const command = path.at(-1) as Command<Run>
  const flags = flagsOf(path)
  const parsed = parseFlags(flags, argv, { ignoresUnknown: command.takesUnknownFlags })
  notices.push(...parsed.notices)
  if (command === helpCommand && parsed.values.help !== true) return helpAbout(path, parsed.args, notices)
  if (parsed.values.help === true || command.run === undefined) return { kind: 'help', path, notices }
  checkArgs(command.args, parsed.args, pathText(path))
  checkGiven(command, flags, parsed.given)
  return { kind: 'run', path, parsed, notices }
}

function helpAbout<Run>(path: CommandPath<Run>, words: readonly string[], notices: string[]): Dispatch<Run> {
  const root = path.slice(0, 1)
  const found = find(root, words)
  if (found.fault) return { kind: 'help', path: root, notices, unknownTopic: words }
  return { kind: 'help', path: found.path, notices }
}

type Found<Run> = { path: CommandPath<Run>; argv: readonly string[]; fault?: Fault }

function find<Run>(path: CommandPath<Run>, argv: readonly string[]): Found<Run> {
  const group = path.at(-1) as Command<Run>
  const flags = flagsBefore(path)
  const word = argv[wordIndices(argv, flags)[0] ?? -1]
  const next = subcommandsOf(path).find((command) => command.name === word || command.aliases?.includes(word ?? ''))
  if (next !== undefined) return find([...path, next], without(argv, word as string, flags))
  const isUnknown =
    word !== undefined && path.length === 1 && group.args === undefined && subcommandsOf(path).length > 0
  return isUnknown ? { path, argv, fault: unknownCommand(path, word) } : { path, argv }
}

/** While a command is being looked for, `--help` is no flag yet, as in cobra: it swallows the word behind it. */
function flagsBefore(path: CommandPath): FlagTable {
  const { help: _, ...flags } = flagsOf(path)
  return flags
}

/** Where the words stand that are neither flags nor values of flags. An unknown flag counts as one that needs a value. */
function wordIndices(argv: readonly string[], flags: FlagTable): number[] {
  const indices: number[] = []
  for (let at = 0; at < argv.length && argv[at] !== '--'; at++) {
    const arg = argv[at] as string
    if (!takesNext(arg, flags)) {
      if (arg !== '' && !arg.startsWith('-')) indices.push(at)
    } else if (argv.length - at <= 2) break
    else at++
  }
  return indices
}

/** The arguments without the first word that is the command's name. */
function without(argv: readonly string[], word: string, flags: FlagTable): readonly string[] {
  for (let at = 0; at < argv.length && argv[at] !== '--'; at++) {
    const arg = argv[at] as string
    if (takesNext(arg, flags)) at++
    else if (arg === word) return argv.toSpliced(at, 1)
  }
  return argv
}

function takesNext(arg: string, flags: FlagTable): boolean {
  if (arg.includes('=')) return false
  if (arg.startsWith('--')) return aloneText(byName(flags, arg.slice(2))) === undefined
  return arg.startsWith('-') && arg.length === 2 && aloneText(byShorthand(flags, arg.slice(1))?.[1]) === undefined
}

function unknownCommand(path: CommandPath, word: string): Fault {
  const names = subcommandsOf(path).filter((command) => !command.deprecated && !command.isHidden)
  const near = suggestions(
    word,
    names.map((command) => command.name),
  )
  const question = near.length === 0 ? '' : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join('')}`
  return new Fault('BadRequest', `unknown command ${quote(word)} for ${quote(pathText(path))}${question}`)
}
