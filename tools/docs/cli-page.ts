import type { Command } from '#cli/command.ts'
import { commands, type Entry, groups } from '#cli/commands/index.ts'
import type { Flag, Flags } from '#cli/flags.ts'
import { globalFlags } from '#cli/shared/global-flags.ts'
import { formatDuration } from '#lib/duration.ts'
import { cell, made, tableOf } from './markdown.ts'

/** docs/cli.md from the registry of commands. */
export async function cliPage(): Promise<string> {
  const sections = await Promise.all(commands.map(async (entry) => section(entry, (await entry.load()).command)))
  return `# Command line

${made}

${tableOf(
  ['group', ''],
  groups.map(({ path, short }) => [`\`bacalhau ${path}\``, cell(short)]),
)}

Flags of every command:

${flagTable(globalFlags)}

${sections.join('\n\n')}
`
}

function section({ path, short }: Entry, { use, long, examples = [], flags }: Command): string {
  const parts = [`## bacalhau ${path}${use ? ` ${use}` : ''}\n\n${short}.`]
  if (long) parts.push(long)
  if (examples.length > 0)
    parts.push(`\`\`\`sh\n${examples.map(([what, line]) => `# ${what}\nbacalhau ${line}`).join('\n')}\n\`\`\``)
  if (Object.keys(flags).length > 0) parts.push(flagTable(flags))
  return parts.join('\n\n')
}

function flagTable(flags: Flags): string {
  const shown = Object.entries(flags).filter(([, flag]) => !flag.isHidden && !flag.deprecated)
  return tableOf(
    ['flag', 'kind', 'default', 'meaning'],
    shown.map(([name, flag]) => row(name, flag)),
  )
}

function row(name: string, { shorthand, type, default: fallback, usage }: Flag<unknown>): string[] {
  const text = typeof fallback === 'bigint' ? formatDuration(fallback) : JSON.stringify(fallback)
  const isNothing = fallback === undefined || fallback === '' || ['[]', '{}', 'false'].includes(text)
  return [
    `${shorthand ? `\`-${shorthand}\`, ` : ''}\`--${name}\``,
    type.name,
    isNothing ? '' : `\`${cell(text)}\``,
    cell(usage),
  ]
}
