import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandTree } from '#cli/command-tree.ts'
import { commands } from '#cli/commands/index.ts'
import { checkArgs } from '#lib/argv/command.ts'
import { type CommandPath, dispatch, flagsOf } from '#lib/argv/dispatch.ts'
import { aloneText, byName } from '#lib/argv/flags.ts'
import { absent, goldensDir } from '../kit/vectors.ts'

type RecordedFlag = { name: string; shorthand?: string; valueWhenBare?: string }
type RecordedCommand = {
  path: string
  runnable: boolean
  args: number[]
  flags: RecordedFlag[]
  inheritedFlags?: string[]
}

const pending = JSON.parse(readFileSync(resolve(import.meta.dirname, '../pending.json'), 'utf8')) as {
  surface: Record<string, string[]>
}

/**
 * Decided otherwise: -c gives settings on every command, and what is no setting goes to the constraints; -I takes both
 * kinds of modules.
 */
const decided = [
  'docker run --constraints (short or bare form)',
  'wasm run --constraints (short or bare form)',
  'wasm run --import-modules (short or bare form)',
]

/** A command with its flags, as dispatch finds it; undefined when the words lead to nothing. */
async function pathOf(words: readonly string[]): Promise<CommandPath | undefined> {
  const entry = commands.find(({ path }) => path === words.join(' '))
  const tree = entry ? commandTree('bacalhau', entry.path, (await entry.load()).command) : commandTree('bacalhau')
  const { path } = dispatch(tree, words)
  const found = path.map(({ name }) => name).slice(1)
  return found.join(' ') === words.join(' ') ? path : undefined
}

/** What a recorded command accepts and ours does not; every place is `command` or `command --flag`. */
async function missing({ path: whole, args, flags, inheritedFlags = [] }: RecordedCommand): Promise<string[]> {
  const words = whole.split(' ').slice(1)
  if (words[0] === 'help') return []
  const path = await pathOf(words)
  if (!path) return [words.join(' ')]
  const ours = flagsOf(path)
  const own = flags.flatMap(({ name, shorthand, valueWhenBare }) => {
    const flag = byName(ours, name)
    const place = `${words.join(' ')} --${name}`.trim()
    if (!flag) return [place]
    const isSame = (shorthand === undefined || flag.shorthand === shorthand) && aloneText(flag) === valueWhenBare
    return isSame ? [] : [`${place} (short or bare form)`]
  })
  const inherited = inheritedFlags.filter((name) => !byName(ours, name)).map((name) => `${words.join(' ')} --${name}`)
  const rule = path.at(-1)?.args
  const counts = path.at(-1)?.run ? args.filter((count) => refuses(rule, count)) : []
  return [...own, ...inherited, ...counts.map((count) => `${words.join(' ')} with ${count} arguments`)]
}

function refuses(rule: Parameters<typeof checkArgs>[0], count: number): boolean {
  try {
    checkArgs(
      rule,
      Array.from({ length: count }, () => 'x'),
      'x',
    )
    return false
  } catch {
    return true
  }
}

describe.each(['v1.4.0', 'v1.9.3'])('what the command line of %s accepts', (version) => {
  const file = resolve(goldensDir(), `cli/${version}/surface.json`)
  if (!existsSync(file)) return absent(`cli/${version}/surface.json`)
  const { commands: recorded } = JSON.parse(readFileSync(file, 'utf8')) as { commands: RecordedCommand[] }
  const late = (pending.surface[version] ?? []).map((each) => new RegExp(`^${each.replaceAll('*', '.*')}$`))

  it('is accepted: commands, flags in their short and bare forms, counts of arguments', async () => {
    const all = (await Promise.all(recorded.map(missing))).flat().filter((place) => !decided.includes(place))
    expect(all.filter((place) => !late.some((each) => each.test(place)))).toEqual([])
    expect(late.filter((each) => !all.some((place) => each.test(place))).map(String)).toEqual([])
  })
})
