import type { Disk } from '#contracts/disk.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { Out } from './out.ts'

/** The last stands for a reader of the output that went away. */
export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGPIPE'

/** The world as commands see it: nothing of them touches the process itself, so that tests give them another one. */
export type Host = {
  /** The program's name as it was typed; texts that tell the user what to run begin with it. */
  readonly program: string
  /** How this very program is started again: executable and first arguments. */
  readonly selfCommand: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Folder for what lives no longer than the program. */
  readonly temporary: string
  /** Absolute path of a path the user gave. */
  resolve(path: string): string
  readonly stdin: {
    readonly isTerminal: boolean
    readAll(): Promise<Uint8Array>
    /**
     * The next line without its end; undefined = there is none. With a question to ask, what is typed is not shown, from
     * before it is asked. Rejects when interrupted.
     */
    readLine(askHiding?: () => void): Promise<string | undefined>
  }
  readonly stdout: Out
  readonly stderr: Out
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  /**
   * Aborted by the first signal, with a `Signalled` as reason. A second SIGINT ends the process at once.
   */
  readonly interrupted: AbortSignal
  /**
   * From now on a reader of the output that goes away (`| head`) interrupts the command, which has something to clean
   * up, as SIGPIPE; before, it ends the process at once. Either way without a word: it has seen enough.
   */
  lasts(): void
}

/** Why a command was interrupted. */
export class Signalled extends Error {
  readonly signal: SignalName

  constructor(signal: SignalName) {
    super('context canceled')
    this.name = 'Signalled'
    this.signal = signal
  }
}
