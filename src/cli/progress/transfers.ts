import type { Clock, Timer } from '#lib/clock.ts'
import { formatBytes } from '#lib/sizes.ts'
import { cutToWidth } from '#lib/text/display-width.ts'
import type { Out } from '../out.ts'

const redrawMs = 200
/** Where nothing can be written over: so often, a line. */
const lineMs = 10_000
/** Speed is that of this long ago until now. */
const windowMs = 5_000
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
  /** Bytes that came since the start, at some moments of the last seconds. */
  readonly #moments: { atMs: number; bytes: number }[] = []
  #movedBytes = 0
  #timer: Timer | undefined
  #isShown = false

  /** `noun`: what is fetched, several of it. */
  constructor(out: Out, clock: Clock, noun: string) {
    this.#out = out
    this.#clock = clock
    this.#noun = noun
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
      this.#note()
      this.#isShown = canRedraw
      const room = (this.#out.columns ?? Number.POSITIVE_INFINITY) - 1
      this.#out.write(canRedraw ? `${eraseLine}${cutToWidth(this.#text(), room)}` : `${this.#text()}\n`)
      this.#wait()
    })
  }

  #note(): void {
    const atMs = this.#clock.monotonicMs()
    this.#moments.push({ atMs, bytes: this.#movedBytes })
    while (this.#moments.length > 2 && (this.#moments[0]?.atMs ?? 0) < atMs - windowMs) this.#moments.shift()
  }

  #text(): string {
    const received = sum(this.#all.map(({ receivedBytes }) => receivedBytes))
    const isKnown = this.#all.every(({ totalBytes }) => totalBytes !== undefined)
    const total = isKnown ? sum(this.#all.map(({ totalBytes }) => totalBytes ?? 0)) : undefined
    const done = this.#all.filter(({ isDone }) => isDone).length
    const speed = this.#bytesPerSecond()
    return [
      `${done} of ${this.#all.length} ${this.#noun}`,
      total === undefined ? formatBytes(received) : `${formatBytes(received)} of ${formatBytes(total)}`,
      ...(received === total ? ['checking and unpacking'] : speedTexts(speed, total && total - received)),
    ].join(', ')
  }

  #bytesPerSecond(): number {
    const [first, last] = [this.#moments[0], this.#moments.at(-1)]
    if (!first || !last || last.atMs === first.atMs) return 0
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs)
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)

/** `5.2 MB/s`, and when it is known how many bytes are left, `8s left`. */
function speedTexts(bytesPerSecond: number, leftBytes: number | undefined): string[] {
  if (bytesPerSecond <= 0) return []
  const speed = `${formatBytes(Math.round(bytesPerSecond))}/s`
  return leftBytes === undefined ? [speed] : [speed, `${leftText(leftBytes / bytesPerSecond)} left`]
}

/** `8s`, `2m05s`, `3h10m`: the larger two units. */
function leftText(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds))
  const two = (number: number) => String(number).padStart(2, '0')
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`
}
