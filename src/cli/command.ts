import type { Client } from '#client/client.ts'
import type { Loaded } from '#config/load.ts'
import type { Side } from '#config/old-keys.ts'
import type { ArgRule } from '#lib/argv/command.ts'
import type { Flags, FlagValues } from './flags.ts'
import type { Host } from './host.ts'
import type { Target } from './target.ts'

export const noArgs: ArgRule = { max: 0 }
export const exactly = (count: number): ArgRule => ({ min: count, max: count })
export const atLeast = (count: number): ArgRule => ({ min: count })

/** What a command gets: the world, and the server it talks to, made only when it is asked for. */
export type Cli = Host & {
  /** The configuration as one side of the program sees it: files, environment, flags. */
  load(side: Side, defaults?: Readonly<Record<string, unknown>>): Promise<Loaded>
  client(): Promise<Client>
  /** The server that the client talks to. */
  target(): Promise<Target>
  /** The data folder, also when the configuration in it cannot be read. */
  dataDir(): Promise<string>
}

export type Input<Of extends Flags> = {
  readonly flags: FlagValues<Of>
  readonly args: readonly string[]
  /** Whether a flag stood on the command line. */
  isGiven(name: keyof Of): boolean
}

/** Things that arguments name. */
export type Completed = 'job' | 'node' | 'setting' | 'profile' | 'nothing'

/** `# what it does` and the line to type. */
export type Examples = readonly (readonly [what: string, line: string])[]

/** A command as data. `run` does it and gives data; `show` writes that for people or programs. */
export type Command<Of extends Flags = any, Result = any> = {
  /** Arguments as help shows them, after the path: `[id]`. */
  readonly use: string
  /** Help below the short description; paragraphs. */
  readonly long?: string
  readonly examples?: Examples
  readonly args: ArgRule
  /** What completion offers as argument; absent: files. */
  readonly completes?: Completed
  readonly flags: Of
  /** Groups of flags of which only one may be given. */
  readonly exclusive?: readonly (readonly string[])[]
  /** What stands behind its first argument is the command line of a program, which may have flags of its own. */
  readonly startsProgram?: boolean
  /** Flags it does not know are passed over, as `exec` of the reference does. */
  readonly takesUnknownFlags?: boolean
  run(input: Input<Of>, cli: Cli): Promise<Result>
  show?(result: Result, input: Input<Of>, cli: Cli): void | Promise<void>
  /** Runs until it is stopped, and is quiet then. */
  readonly isDaemon?: boolean
  /** Nothing is printed, errors neither; the exit code tells. */
  isSilent?(input: Input<Of>): boolean
  /** What it prints is a file that somebody made: nothing is added to it. */
  isVerbatim?(input: Input<Of>): boolean
  /** 0 when absent. */
  exitCode?(result: Result, input: Input<Of>): number
}

/** Keeps the types of flags and result together. */
export const defineCommand = <const Of extends Flags, Result>(definition: Command<Of, Result>): Command<Of, Result> =>
  definition
