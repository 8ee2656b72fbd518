import { type CommandPath, dispatch, flagsOf } from '#lib/argv/dispatch.ts'
import { type FlagTable, parseFlags } from '#lib/argv/flags.ts'
import type { Command } from '../command.ts'
import { commandTree } from '../command-tree.ts'
import type { Entry } from '../commands/index.ts'
import { connected } from '../connected.ts'
import type { Flags } from '../flags.ts'
import type { Host } from '../host.ts'
import { type Candidate, candidates } from './candidates.ts'
import { liveCandidates } from './live.ts'

/** What the shell does beside offering the words: nothing, or names of files when there are none. */
const directives = { files: [0, 'ShellCompDirectiveDefault'], none: [4, 'ShellCompDirectiveNoFileComp'] } as const

/**
 * Answers a shell that asks what may stand at the end of a command line: `__complete`, the words before and the one
 * begun. Each candidate has a line, with what it is behind a TAB; the last line says what else to offer. This is the
 * protocol of cobra, so that scripts which users installed with the reference go on working. Never fails.
 */
export async function complete([mode, ...words]: readonly string[], host: Host): Promise<number> {
  const begun = words.pop() ?? ''
  const { found, files } = await answer(words, begun, host).catch(() => ({ found: [], files: true }))
  const isPlain = mode === '__completeNoDesc'
  const lines = found.map(({ word, about }) => (isPlain || about === '' ? word : `${word}\t${about}`))
  const [code, name] = files ? directives.files : directives.none
  host.stdout.write([...lines, `:${code}`].map((line) => `${line}\n`).join(''))
  host.stderr.write(`Completion ended with directive: ${name}\n`)
  return 0
}

async function answer(
  words: readonly string[],
  begun: string,
  host: Host,
): Promise<{ found: readonly Candidate[]; files: boolean }> {
  const { path, command } = await find(words, host.program)
  const asked = candidates(path, words, begun)
  if (asked.kind === 'words') return { found: asked.words, files: asked.files }
  const kind = command?.completes
  if (kind === undefined) return { found: [], files: true }
  const cli = connected(flagsOf(path) as Flags, leniently(flagsOf(path), words), host)
  return { found: await liveCandidates(kind, begun, cli), files: false }
}

type Found = { path: CommandPath<Entry>; command?: Command }

async function find(words: readonly string[], program: string): Promise<Found> {
  const { path } = dispatch(commandTree(program), words)
  const entry = path.at(-1)?.run
  if (!entry) return { path }
  const { command } = await entry.load()
  return { path: dispatch(commandTree(program, entry.path, command), words).path, command }
}

/** The flags as far as they can be read: a line that is not finished may be wrong yet. */
function leniently(flags: FlagTable, words: readonly string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(flags, words, { ignoresUnknown: true })
  } catch {
    return parseFlags(flags, [])
  }
}
