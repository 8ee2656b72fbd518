import fc from 'fast-check'
import type { Command } from '#cli/command.ts'
import { commands } from '#cli/commands/index.ts'
import type { Flag } from '#cli/flags.ts'
import { globalFlags } from '#cli/shared/global-flags.ts'
import { oddText } from './odd-values.ts'
import { sampleOf } from './seed.ts'

/** A flag of a command with its odd values, as words of a command line. */
type OddFlag = { path: string; name: string; type: string; lines: string[][] }
export type OddCommand = { path: string; command: Command; flags: OddFlag[]; operands: string[][] }

const leastPerType = 24
const leastPerFlag = 3

/** Every command there is, its flags with odd values: at least so many for every flag, and for every type of flags. */
export async function oddCommands(): Promise<OddCommand[]> {
  const loaded = await Promise.all(commands.map(async ({ path, load }) => ({ path, command: (await load()).command })))
  const tables = loaded.map(({ path, command }) => ({ path, command, flags: flagsOf(path, command) }))
  const counts = Map.groupBy(
    tables.flatMap(({ flags }) => flags),
    ([, flag]) => flag.type.name,
  )
  return tables.map(({ path, command, flags }) => ({
    path,
    command,
    flags: flags.map(([name, flag]) => {
      const type = flag.type.name
      const count = Math.max(leastPerFlag, Math.ceil(leastPerType / (counts.get(type)?.length ?? 1)))
      return { path, name, type, lines: sampleOf(`${path} --${name}`, wordsFor(name, flag), count) }
    }),
    operands: sampleOf(path, fc.array(oddWord, { minLength: 1, maxLength: 3 }), 5),
  }))
}

/** Flags of all commands are tried with one that needs them: where the client finds its server. */
const flagsOf = (path: string, { flags }: Command): [string, Flag][] =>
  Object.entries({ ...flags, ...(path === 'job list' ? globalFlags : {}) })

/** Absolute paths stay below the working folder: whoever runs this may be root. No system hands over a NUL. */
const oddWord: fc.Arbitrary<string> = oddText
  .map((text) => text.replaceAll('\0', ''))
  .map((text) => (text.startsWith('/') ? `.${text}` : text))

function wordsFor(name: string, { shorthand, words }: Flag): fc.Arbitrary<string[]> {
  const value = words?.length
    ? fc.oneof(
        oddWord,
        fc.constantFrom(...words).map((word) => word.toUpperCase()),
      )
    : oddWord
  return fc.oneof(
    { weight: 6, arbitrary: value.map((text) => [`--${name}=${text}`]) },
    { weight: 2, arbitrary: value.map((text) => [`--${name}`, text]) },
    { weight: 1, arbitrary: fc.tuple(value, value).map((texts) => texts.map((text) => `--${name}=${text}`)) },
    { weight: 1, arbitrary: value.map((text) => (shorthand ? [`-${shorthand}${text}`] : [`--${name}`, text])) },
  )
}
