import type { Command as ArgvCommand } from '#lib/argv/command.ts'
import type { Command } from './command.ts'
import { commands, type Entry, groups } from './commands/index.ts'
import { globalFlags } from './shared/global-flags.ts'

/** The registry as the parser reads it; `command` is the one whose flags are known. */
export function commandTree(program: string, path = '', command?: Command): ArgvCommand<Entry> {
  const leafOf = (entry: Entry): ArgvCommand<Entry> => ({
    name: entry.path.split(' ').at(-1) ?? '',
    short: entry.short,
    run: entry,
    ...(entry.deprecated ? { deprecated: entry.deprecated } : {}),
    ...(entry.path === path && command ? detailsOf(command, program) : {}),
  })
  const within = (group: string) => commands.filter((entry) => entry.path.startsWith(`${group} `)).map(leafOf)
  return {
    name: program,
    short: 'Runs containers and WebAssembly where the data is, and brings back results and logs',
    persistentFlags: globalFlags,
    subcommands: [
      ...groups.map((group) => ({ name: group.path, short: group.short, subcommands: within(group.path) })),
      ...commands.filter((entry) => !entry.path.includes(' ')).map(leafOf),
    ],
  }
}

const detailsOf = (command: Command, program: string): Partial<ArgvCommand<Entry>> => ({
  operands: command.use,
  args: command.args,
  flags: command.flags,
  ...(command.takesUnknownFlags ? { takesUnknownFlags: true } : {}),
  ...(command.long ? { long: command.long } : {}),
  ...(command.examples
    ? { examples: command.examples.map(([what, line]) => `  # ${what}\n  ${program} ${line}`).join('\n') }
    : {}),
  groups: (command.exclusive ?? []).map((flags) => ({ kind: 'exclusive', flags })),
})
