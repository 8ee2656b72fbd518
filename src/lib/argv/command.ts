import { Fault } from '../fault.ts'
import { quote } from '../go/strconv-quote.ts'
import type { FlagTable } from './flags.ts'

/** A command or a group of commands, as data. `Run` is whatever its owner calls to run it; the parser only hands it back. */
export type Command<Run = unknown> = {
  name: string
  /** What stands behind the name in the usage line: `[id]`. */
  operands?: string
  aliases?: readonly string[]
  /** One line. */
  short: string
  long?: string
  examples?: string
  /** Which arguments it takes; absent: any for a command, none for the root of commands. */
  args?: ArgRule
  flags?: FlagTable
  /** Flags that the commands below know too. */
  persistentFlags?: FlagTable
  groups?: readonly FlagGroup[]
  /** Flags it does not know are passed over. */
  takesUnknownFlags?: boolean
  /** What to do instead; a notice is given before it runs, and help hides it. */
  deprecated?: string
  isHidden?: boolean
  subcommands?: readonly Command<Run>[]
  run?: Run
}

/** `{ max: 0 }` none, `{}` any, `{ min: 1, max: 1 }` exactly one; `valid` lists the only words allowed. */
export type ArgRule = { min?: number; max?: number; valid?: readonly string[] }

/** `exclusive`: at most one of them; `together`: all or none; `required`: at least one. */
type FlagGroup = { kind: 'exclusive' | 'together' | 'required'; flags: readonly string[] }

/** Checks the arguments of the command at `path`. Throws Fault('BadRequest') in cobra's words. */
export function checkArgs(rule: ArgRule | undefined, args: readonly string[], path: string): void {
  const problem = rule && argProblem(rule, args, path)
  if (problem) throw new Fault('BadRequest', problem)
}

function argProblem({ min = 0, max = Infinity, valid }: ArgRule, args: readonly string[], path: string): string {
  const wrong = valid && args.find((arg) => !valid.includes(arg))
  if (wrong !== undefined) return `invalid argument ${quote(wrong)} for ${quote(path)}`
  if (args.length >= min && args.length <= max) return ''
  if (max === 0) return `unknown command ${quote(args[0] as string)} for ${quote(path)}`
  if (min === max) return `accepts ${min} arg(s), received ${args.length}`
  if (max === Infinity) return `requires at least ${min} arg(s), only received ${args.length}`
  if (min === 0) return `accepts at most ${max} arg(s), received ${args.length}`
  return `accepts between ${min} and ${max} arg(s), received ${args.length}`
}

/** Checks that required flags were given and that groups of flags agree. Throws Fault('BadRequest') in cobra's words. */
export function checkGiven(command: Command, flags: FlagTable, given: ReadonlySet<string>): void {
  const missing = Object.keys(flags)
    .filter((name) => flags[name]?.isRequired && !given.has(name))
    .sort()
  if (missing.length > 0) {
    throw new Fault('BadRequest', `required flag(s) ${missing.map((name) => `"${name}"`).join(', ')} not set`)
  }
  for (const kind of ['together', 'required', 'exclusive'] as const) {
    const groups = (command.groups ?? []).filter((group) => group.kind === kind)
    for (const group of groups) {
      const problem = groupProblem(group, given)
      if (problem) throw new Fault('BadRequest', problem)
    }
  }
}

function groupProblem({ kind, flags }: FlagGroup, given: ReadonlySet<string>): string {
  const names = flags.join(' ')
  const set = flags.filter((name) => given.has(name)).sort()
  const unset = flags.filter((name) => !given.has(name)).sort()
  if (kind === 'required') return set.length > 0 ? '' : `at least one of the flags in the group [${names}] is required`
  if (kind === 'together') {
    if (set.length === 0 || unset.length === 0) return ''
    return `if any flags in the group [${names}] are set they must all be set; missing [${unset.join(' ')}]`
  }
  if (set.length <= 1) return ''
  return `if any flags in the group [${names}] are set none of the others can be; [${set.join(' ')}] were all set`
}
