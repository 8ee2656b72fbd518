import type { Clock, Timer } from '#lib/clock.ts'
import { formatBytes } from '#lib/sizes.ts'
import { cutToWidth } from '#lib/text/display-width.ts'
import type { Out } from '../out.ts'
import { Speed } from './speed.ts'

const redrawMs = 200
/** Where nothing can be written over: so often, a line. */
const lineMs = 10_000
const eraseLine = '\r\x1b[K'

type Transfer = { receivedBytes: number; totalBytes: number | undefined; isDone: boolean }

/**
 * How far things have come that are fetched side by side: one line that is written over on a terminal, and elsewhere a line
 * now and then, which what is quick never gets.
 */
export class Transfers {
  readonly #out: Out
  readonly #clock: Clock
  readonly #noun: string
  readonly #all: Transfer[] = []
  readonly #speed: Speed
  #movedBytes = 0
  #timer: Timer | undefined
  #isShown = false

  /** `noun`: what is fetched, several of it. */
  constructor(out: Out, clock: Clock, noun: string) {
    this.#out = out
    this.#clock = clock
    this.#noun = noun
    this.#speed = new Speed(clock)
    this.#wait()
  }

  /** One that is fetched, of this size as far as it is known. What is given takes how far it is, and `undefined` for its end. */
  add(totalBytes: number | undefined): (receivedBytes: number | undefined, totalBytes?: number) => void {
    const transfer: Transfer = { receivedBytes: 0, totalBytes, isDone: false }
    this.#all.push(transfer)
    let hasBegun = false
    return (receivedBytes, total) => {
      if (receivedBytes === undefined) {
        transfer.isDone = true
        return
      }
      // What an earlier call has brought is there at once, and says nothing about speed.
      if (hasBegun) this.#movedBytes += Math.max(0, receivedBytes - transfer.receivedBytes)
      hasBegun = true
      transfer.receivedBytes = receivedBytes
      transfer.totalBytes = total ?? transfer.totalBytes
    }
  }

  /** Nothing of it stays on a terminal. */
  stop(): void {
    this.#timer?.stop()
    if (this.#isShown) this.#out.write(eraseLine)
  }

  #wait(): void {
    const { canRedraw } = this.#out
    this.#timer = this.#clock.after(canRedraw ? redrawMs : lineMs, () => {
      this.#speed.note(this.#movedBytes)
      this.#isShown = canRedraw
      const room = (this.#out.columns ?? Number.POSITIVE_INFINITY) - 1
      this.#out.write(canRedraw ? `${eraseLine}${cutToWidth(this.#text(), room)}` : `${this.#text()}\n`)
      this.#wait()
    })
  }

  #text(): string {
    const received = sum(this.#all.map(({ receivedBytes }) => receivedBytes))
    const isKnown = this.#all.every(({ totalBytes }) => totalBytes !== undefined)
    const total = isKnown ? sum(this.#all.map(({ totalBytes }) => totalBytes ?? 0)) : undefined
    const done = this.#all.filter(({ isDone }) => isDone).length
    return [
      `${done} of ${this.#all.length} ${this.#noun}`,
      total === undefined ? formatBytes(received) : `${formatBytes(received)} of ${formatBytes(total)}`,
      ...(received === total ? ['checking and unpacking'] : this.#speed.texts(total && total - received)),
    ].join(', ')
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
