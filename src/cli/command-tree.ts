import type { Command as ArgvCommand } from '#lib/argv/command.ts'
import type { Command, Examples } from './command.ts'
import { commands, type Entry, firstSteps, groups } from './commands/index.ts'
import { globalFlags } from './shared/global-flags.ts'

/** The registry as the parser reads it; `command` is the one whose flags are known. */
export function commandTree(program: string, path = '', command?: Command): ArgvCommand<Entry> {
  const leafOf = (entry: Entry): ArgvCommand<Entry> => ({
    name: lastWord(entry.path),
    short: entry.short,
    run: entry,
    ...(entry.deprecated ? { deprecated: entry.deprecated } : {}),
    ...(entry.path === path && command ? detailsOf(command, program) : {}),
  })
  const below = (parent: string): ArgvCommand<Entry>[] => [
    ...groups
      .filter((group) => parentOf(group.path) === parent)
      .map((group) => ({
        name: lastWord(group.path),
        short: group.short,
        subcommands: below(group.path),
        ...shown(group.examples, program),
      })),
    ...commands.filter((entry) => parentOf(entry.path) === parent).map(leafOf),
  ]
  return {
    name: program,
    short: 'Runs containers and WebAssembly where the data is, and brings back results and logs',
    persistentFlags: globalFlags,
    ...shown(firstSteps, program),
    subcommands: below(''),
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf(' ')))
const lastWord = (path: string): string => path.slice(path.lastIndexOf(' ') + 1)

const shown = (examples: Examples | undefined, program: string): { examples?: string } =>
  examples ? { examples: examples.map(([what, line]) => `  # ${what}\n  ${program} ${line}`).join('\n') } : {}

const detailsOf = (command: Command, program: string): Partial<ArgvCommand<Entry>> => ({
  operands: command.use,
  args: command.args,
  flags: command.flags,
  ...(command.takesUnknownFlags ? { takesUnknownFlags: true } : {}),
  ...(command.long ? { long: command.long } : {}),
  ...shown(command.examples, program),
  groups: (command.exclusive ?? []).map((flags) => ({ kind: 'exclusive', flags })),
})
