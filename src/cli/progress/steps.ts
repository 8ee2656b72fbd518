import type { Clock, Timer } from '#lib/clock.ts'
import { cutToWidth } from '#lib/text/display-width.ts'
import type { Out } from '../out.ts'
import { stepTime } from './elapsed-clock.ts'

export type StepEnd = 'done' | 'failed' | 'cancelled'

const marks: Record<StepEnd, string> = { done: 'done ✅', failed: 'err  ❌', cancelled: ' '.repeat(7) }
const frames = ['🐟', '🐠', '🐡'].flatMap((fish) =>
  Array.from({ length: 6 }, (_, index) => ' '.repeat(6 - index) + fish + ' '.repeat(index)),
)
const frameMs = 100
const redrawMs = 50
const tabColumns = 8
/** What a step has behind its message, at most. */
const restColumns = 37
const eraseLine = '\r\x1b[K\r'
const eraseNote = '\n\x1b[K\x1b[1A'
const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'

/**
 * Steps of something that takes a while, one line each: the running one moves on a terminal, a finished one stays.
 * Without a terminal only finished lines are written. A quiet one writes nothing.
 */
export class Steps {
  readonly #out: Out
  readonly #clock: Clock
  readonly #width: number
  readonly #isQuiet: boolean
  #current: { message: string; startMs: number } | undefined
  #note: string | (() => string) = ''
  #isNoteShown = false
  #timer: Timer | undefined

  /** `width`: columns of the longest message; messages are aligned right in it. */
  constructor(out: Out, clock: Clock, width: number, isQuiet = false) {
    this.#out = out
    this.#clock = clock
    this.#width = width
    this.#isQuiet = isQuiet
  }

  /** Whether what happens is seen as it happens. */
  get isLive(): boolean {
    return this.#out.canRedraw && !this.#isQuiet
  }

  /** Starts a step; the one before it is done. */
  begin(message: string): void {
    this.end('done')
    this.#current = { message, startMs: this.#clock.monotonicMs() }
    if (this.isLive) this.#redraw()
  }

  /**
   * A line below the running step, as long as it runs, made anew each time it is shown; '' = none. Without a terminal nobody
   * sees it.
   */
  note(text: string | (() => string)): void {
    this.#note = text
  }

  /** Ends the running step, if there is one. */
  end(how: StepEnd): void {
    const step = this.#current
    this.#timer?.stop()
    this.#timer = undefined
    this.#current = undefined
    this.#note = ''
    if (!step || this.#isQuiet) return
    const line = this.#line(step, `  ${'.'.repeat(16)}  ${marks[how]}  `, `  ${marks[how]}  `)
    this.#out.write(`${this.isLive ? `${this.#erased()}${showCursor}\r` : ''}${line}\n`)
  }

  #redraw(): void {
    const step = this.#current
    if (!step) return
    const frame = frames[Math.floor((this.#clock.monotonicMs() - step.startMs) / frameMs) % frames.length]
    const line = this.#line(step, `  ... ${frame} ...  ${' '.repeat(9)}`, '  ... ')
    // Back to its beginning: what is typed, or shown for Ctrl-C, must not begin another line.
    this.#out.write(`${this.#erased()}${hideCursor}\r${line}${this.#noteBelow()}\r`)
    this.#timer = this.#clock.after(redrawMs, () => this.#redraw())
  }

  /** Leads to the beginning of the line of the step, with nothing there and below it. */
  #erased(): string {
    const below = this.#isNoteShown ? eraseNote : ''
    this.#isNoteShown = false
    return `${below}${eraseLine}`
  }

  /** The note, and back to the line of the step. */
  #noteBelow(): string {
    const note = typeof this.#note === 'string' ? this.#note : this.#note()
    if (note === '') return ''
    this.#isNoteShown = true
    return `\n\r${cutToWidth(' '.repeat(tabColumns) + note, this.#columns - 1)}\x1b[1A`
  }

  get #columns(): number {
    return this.#out.columns ?? Number.POSITIVE_INFINITY
  }

  /** A line that is broken could not be written over: a narrow terminal has only the message, how it goes, and its time. */
  #line({ message, startMs }: { message: string; startMs: number }, wide: string, narrow: string): string {
    const time = stepTime(this.#clock.monotonicMs() - startMs)
    const hasRoom = this.#columns > tabColumns + this.#width + restColumns
    return hasRoom ? `\t${message.padStart(this.#width)}${wide}${time}` : `  ${message}${narrow}${time}`
  }
}
