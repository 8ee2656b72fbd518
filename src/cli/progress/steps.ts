import type { Clock, Timer } from '#lib/clock.ts'
import type { Out } from '../out.ts'
import { stepTime } from './elapsed-clock.ts'

export type StepEnd = 'done' | 'failed' | 'cancelled'

const marks: Record<StepEnd, string> = { done: 'done ✅', failed: 'err  ❌', cancelled: ' '.repeat(7) }
const frames = ['🐟', '🐠', '🐡'].flatMap((fish) =>
  Array.from({ length: 6 }, (_, index) => ' '.repeat(6 - index) + fish + ' '.repeat(index)),
)
const frameMs = 100
const redrawMs = 50
const eraseLine = '\r\x1b[K\r'
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
  #timer: Timer | undefined

  /** `width`: columns of the longest message; messages are aligned right in it. */
  constructor(out: Out, clock: Clock, width: number, isQuiet = false) {
    this.#out = out
    this.#clock = clock
    this.#width = width
    this.#isQuiet = isQuiet
  }

  /** Starts a step; the one before it is done. */
  begin(message: string): void {
    this.end('done')
    this.#current = { message, startMs: this.#clock.monotonicMs() }
    if (this.#out.isTerminal && !this.#isQuiet) this.#redraw()
  }

  /** Ends the running step, if there is one. */
  end(how: StepEnd): void {
    const step = this.#current
    this.#timer?.stop()
    this.#timer = undefined
    this.#current = undefined
    if (!step || this.#isQuiet) return
    const line = this.#line(step.message, `  ${'.'.repeat(16)}  ${marks[how]}  `, step.startMs)
    this.#out.write(`${this.#out.isTerminal ? `${eraseLine}${showCursor}\r` : ''}${line}\n`)
  }

  #redraw(): void {
    const step = this.#current
    if (!step) return
    const frame = frames[Math.floor((this.#clock.monotonicMs() - step.startMs) / frameMs) % frames.length]
    const line = this.#line(step.message, `  ... ${frame} ...  ${' '.repeat(9)}`, step.startMs)
    this.#out.write(`${eraseLine}${hideCursor}\r${line}`)
    this.#timer = this.#clock.after(redrawMs, () => this.#redraw())
  }

  #line(message: string, middle: string, startMs: number): string {
    return `\t${message.padStart(this.#width)}${middle}${stepTime(this.#clock.monotonicMs() - startMs)}`
  }
}
