import type { Client } from '#client/client.ts'
import type { Loaded } from '#config/load.ts'
import type { Flags, FlagValues } from './flags.ts'
import type { Host } from './host.ts'

/** How many arguments a command takes; undefined = any number. */
export type ArgsRule = { readonly min?: number; readonly max?: number }
export const noArgs: ArgsRule = { max: 0 }
export const exactly = (count: number): ArgsRule => ({ min: count, max: count })
export const atLeast = (count: number): ArgsRule => ({ min: count })

/** What a command gets: the world, and the server it talks to, made only when it is asked for. */
export type Cli = Host & {
  /** Settings of a client: config files, environment, global flags. */
  settings(): Promise<Loaded>
  client(): Promise<Client>
}

export type Input<Of extends Flags> = {
  readonly flags: FlagValues<Of>
  readonly args: readonly string[]
  /** Whether a flag stood on the command line. */
  isGiven(name: keyof Of): boolean
}

/** A command as data. `run` does it and gives data; `show` writes that for people or programs. */
export type Command<Of extends Flags = any, Result = any> = {
  /** Arguments as help shows them, after the path: `[id]`. */
  readonly use: string
  /** Help below the short description; paragraphs. */
  readonly long?: string
  /** `# what it does` and the line to type. */
  readonly examples?: readonly (readonly [what: string, line: string])[]
  readonly args: ArgsRule
  readonly flags: Of
  /** Groups of flags of which only one may be given. */
  readonly exclusive?: readonly (readonly string[])[]
  run(input: Input<Of>, cli: Cli): Promise<Result>
  show?(result: Result, input: Input<Of>, cli: Cli): void | Promise<void>
  /** 0 when absent. */
  exitCode?(result: Result, input: Input<Of>): number
}

/** Keeps the types of flags and result together. */
export const command = <const Of extends Flags, Result>(definition: Command<Of, Result>): Command<Of, Result> =>
  definition
