import { type CommandPath, type Dispatch, dispatch, flagsOf, pathText } from '#lib/argv/dispatch.ts'
import { parseFlags } from '#lib/argv/flags.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { coloursFor } from './colours.ts'
import type { Command, Input } from './command.ts'
import { commandTree } from './command-tree.ts'
import type { Entry } from './commands/index.ts'
import { connected } from './connected.ts'
import type { Flags } from './flags.ts'
import { type Host, Signalled } from './host.ts'
import { fitted, tell, warn } from './tell.ts'

/** Runs one command line and gives its exit code. Everything a user is told comes from here or from the command. */
export async function runCommandLine(argv: readonly string[], host: Host): Promise<number> {
  const isCompletion = argv[0] === '__complete' || argv[0] === '__completeNoDesc'
  if (isCompletion) return (await import('./completion/complete.ts')).complete(argv, host)
  const found = await find(argv, host.program)
  for (const notice of found.notices) tell(host.stderr, notice)
  switch (found.kind) {
    case 'help':
      return showHelp(found, host)
    case 'fault':
      return tellMistake(found, host)
    case 'run':
      return run(found, host)
  }
}

type Loaded = Dispatch<Entry> & { readonly command?: Command }

/** The command is found by its name alone; its flags are loaded with it and read in a second step. */
async function find(argv: readonly string[], program: string): Promise<Loaded> {
  const first = dispatch(commandTree(program), argv)
  const leaf = first.path.at(-1)
  if (!leaf?.run) return first.kind === 'help' ? unlessUnknown(first, argv) : first
  const { command } = await leaf.run.load()
  return { ...dispatch(commandTree(program, leaf.run.path, command), argv), command }
}

/** A group given a word that is none of its commands is a mistake, not a wish for help. */
function unlessUnknown(found: Extract<Loaded, { kind: 'help' }>, argv: readonly string[]): Loaded {
  if (found.unknownTopic || found.path.length < 2) return found
  const parsed = parseFlags(flagsOf(found.path), argv)
  const word = parsed.args[found.path.length - 1]
  if (parsed.values.help === true || parsed.isHelpAsked || word === undefined || parsed.args[0] === 'help') return found
  const fault = new Fault('BadRequest', `unknown command "${word}" for "${pathText(found.path)}"`)
  return { kind: 'fault', path: found.path, fault, notices: found.notices, showsUsage: true }
}

async function showHelp({ path, unknownTopic }: Extract<Loaded, { kind: 'help' }>, host: Host): Promise<number> {
  const { helpText, usageText } = await import('./help.ts')
  const topic = (unknownTopic ?? []).map((word) => `\`${word}\``).join(' ')
  const { columns } = host.stdout
  host.stdout.write(
    unknownTopic ? `Unknown help topic [${topic}]\n${usageText(path, columns)}` : helpText(path, columns),
  )
  return 0
}

async function tellMistake(
  { path, fault, showsUsage, command }: Extract<Loaded, { kind: 'fault' }>,
  host: Host,
): Promise<number> {
  tellError(command?.startsProgram ? withProgramHint(fault) : fault, host)
  const { usageText } = await import('./help.ts')
  host.stderr.write(
    showsUsage ? usageText(path as CommandPath, host.stderr.columns) : `Run '${pathText(path)} --help' for usage.\n`,
  )
  return 1
}

/** A flag that is none of ours is most likely one of the program. */
const withProgramHint = (fault: Fault): Fault =>
  /^(?:unknown|flag needs)/.test(fault.message) ? new Fault(fault.code, fault.message, { hint: programsWords }) : fault

const programsWords = 'Options of the program come after --, as the examples of --help show'

async function run({ command, parsed, path }: Extract<Loaded, { kind: 'run' }>, host: Host): Promise<number> {
  if (!command) throw new Error('a command that runs was loaded')
  for (const flag of command.startsProgram ? parsed.lateShorts : []) {
    warn(host.stderr, `${flag} is taken as an option of bacalhau, not of the program. ${programsWords}`)
  }
  const values = await valuesOf(command, parsed.values)
  const input: Input<Flags> = { flags: values, args: parsed.args, isGiven: (name) => parsed.given.has(name) }
  if (command.isDaemon) host.lasts()
  try {
    const cli = connected(flagsOf(path) as Flags, { values, given: parsed.given }, host)
    const result = await command.run(input, cli)
    await command.show?.(result, input, cli)
    const exitCode = command.exitCode?.(result, input) ?? 0
    const isPlain = !command.isSilent?.(input) && !command.isDaemon && !command.isVerbatim?.(input)
    if (exitCode === 0 && isPlain) host.stdout.write('\n')
    return exitCode
  } catch (error) {
    if (error instanceof Signalled && error.signal === 'SIGPIPE') return 0
    if (!command.isSilent?.(input)) tellError(error, host)
    return 1
  }
}

async function valuesOf<Values extends Readonly<Record<string, any>>>(
  command: Command,
  given: Values,
): Promise<Values> {
  if (!('constraints' in command.flags)) return given
  return (await import('./given-settings.ts')).withShortConstraints(given)
}

/** One sentence and what can be done, in red and green on a terminal. Never a stack: that is for bugs, in `main`. */
function tellError(error: unknown, host: Host): void {
  const { red, green } = coloursFor(host.stderr, host.env)
  const isOurs =
    error instanceof Fault || error instanceof Signalled || (error instanceof Error && error.name === 'Error')
  if (!isOurs && !(error instanceof Error && error.name === 'AbortError')) throw error
  // Behind the `^C` that the terminal shows.
  if (host.interrupted.aborted && host.stderr.isTerminal) host.stderr.write('\n')
  host.stderr.write(`${red('Error: ')}${fitted(messageOf(error), host.stderr, 7)}\n`)
  const hint = error instanceof Fault ? error.hint : undefined
  if (hint) host.stderr.write(`${green('Hint: ')}${fitted(hint, host.stderr, 6)}\n`)
}
