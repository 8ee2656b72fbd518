import { setTimeout as sleep } from 'node:timers/promises'
import type { Relay } from '../test/kit/relay.ts'
import { atLeast, atMost, type Figure } from './figures.ts'
import { series } from './load.ts'

export const lineBytesPerSecond = 10_000_000
const cutEveryMs = 2_000
const mendAfterMs = 50
/** More than who opens a line says otherwise. */
const beginsBytes = 256 * 1024

/** `besides`: what was sent that had come already, as a share of the whole. */
export type BrokenRun = { cuts: number; seconds: number; besides: number }

/** What it costs to bring 200 MB over such a line. */
export async function brokenFigures(
  { id, what, runs, scale }: { id: string; what: string; runs: number; scale: number },
  oneRun: (sizeBytes: number) => Promise<BrokenRun>,
): Promise<Figure[]> {
  const taken = await series(runs, () => oneRun(Math.ceil(200_000_000 * scale)))
  const figure = (name: string, unit: string, value: (run: BrokenRun) => number, rest: Partial<Figure>): Figure => ({
    id,
    what: `${what} of ${200 * scale} MB over a line of 10 MB/s, cut every 2 s: ${name}`,
    unit,
    runs: taken.map(value),
    ...rest,
  })
  return [
    figure('cuts', '', ({ cuts }) => cuts, atLeast(Math.floor(9 * scale), '')),
    figure('time', 's', ({ seconds }) => seconds, { limit: (200 * scale) / 10 }),
    figure('sent besides', '%', ({ besides }) => 100 * besides, atMost(5, '%')),
  ]
}

/** Cuts a line again and again from when something begins to go through it. */
export class Cutter {
  cuts = 0
  readonly #line: Relay
  #timer: NodeJS.Timeout | undefined

  constructor(line: Relay) {
    this.#line = line
  }

  /** Resolves when the first bytes go through, with the time. */
  async begin(): Promise<number> {
    const before = this.#line.sentBytes
    while (this.#line.sentBytes - before < beginsBytes) await sleep(5)
    this.#timer = setInterval(() => {
      this.#line.cut()
      this.cuts++
      setTimeout(this.#line.mend, mendAfterMs)
    }, cutEveryMs)
    return performance.now()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
