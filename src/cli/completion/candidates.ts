import { type CommandPath, flagsOf, subcommandsOf } from '#lib/argv/dispatch.ts'
import { aloneText, byName, byShorthand, type Flag, type FlagTable } from '#lib/argv/flags.ts'

export type Candidate = { readonly word: string; readonly about: string }

/** `argument`: what the command takes, which may have to be asked for. */
export type Asked = { kind: 'words'; words: readonly Candidate[]; files: boolean } | { kind: 'argument' }

const words = (list: readonly Candidate[], files = false): Asked => ({ kind: 'words', words: list, files })

/** What may stand in place of the word `begun`, behind `before`. */
export function candidates(path: CommandPath, before: readonly string[], begun: string): Asked {
  const flags = flagsOf(path)
  if (before.includes('--')) return { kind: 'argument' }
  const [, name, value] = /^--([^=]+)=(.*)$/s.exec(begun) ?? []
  if (name !== undefined) return valuesOf(byName(flags, name), value ?? '')
  const waiting = flagWithoutValue(flags, before.at(-1))
  if (waiting) return valuesOf(waiting, begun)
  if (begun.startsWith('-')) return words(flagCandidates(path, before, begun))
  const commands = subcommandsOf(path).filter((each) => !each.deprecated && !each.isHidden)
  if (commands.length === 0) return { kind: 'argument' }
  return words(
    commands
      .filter((each) => each.name.startsWith(begun))
      .map((each) => ({ word: each.name, about: each.short }))
      .toSorted((a, b) => (a.word < b.word ? -1 : 1)),
  )
}

const valuesOf = (flag: Flag | undefined, begun: string): Asked => {
  const known = flag?.words ?? (flag && aloneText(flag) !== undefined ? ['true', 'false'] : [])
  const fitting = known.filter((word) => word.startsWith(begun))
  return words(
    fitting.map((word) => ({ word, about: '' })),
    known.length === 0,
  )
}

/** The flag that the last word is, when its value comes next. */
function flagWithoutValue(flags: FlagTable, last = ''): Flag | undefined {
  const [, long, letter] = /^--([^=]+)$|^-(.)$/s.exec(last) ?? []
  const flag = long !== undefined ? byName(flags, long) : letter ? byShorthand(flags, letter)?.[1] : undefined
  return flag && aloneText(flag) === undefined ? flag : undefined
}

/** Flags of the groups above first, as the reference lists them; one that was given is not offered again. */
function flagCandidates(path: CommandPath, before: readonly string[], begun: string): Candidate[] {
  const all = flagsOf(path)
  const passed: FlagTable = Object.assign({}, ...path.slice(0, -1).map((each) => each.persistentFlags ?? {}))
  const own = Object.entries(all).filter(([name]) => !Object.hasOwn(passed, name))
  return [Object.entries(passed), own].flatMap((entries) =>
    entries
      .filter(([, flag]) => !flag.isHidden && !flag.deprecated)
      .filter(([name, flag]) => Array.isArray(flag.default) || !before.some((word) => isFlag(word, name, flag)))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, { shorthand, usage }]) =>
        [`--${name}`, ...(shorthand ? [`-${shorthand}`] : [])]
          .filter((word) => word.startsWith(begun))
          .map((word) => ({ word, about: usage })),
      ),
  )
}

const isFlag = (word: string, name: string, { shorthand }: Flag): boolean =>
  word === `--${name}` || word.startsWith(`--${name}=`) || (shorthand !== undefined && word === `-${shorthand}`)
