import type { Clock } from '#lib/clock.ts'
import { formatDuration } from '#lib/duration.ts'
import { formatBytes } from '#lib/sizes.ts'

const firstPauseMs = 5_000
/** No image has more parts; what a registry invents beyond that is not counted. */
const partLimit = 1_000

/** One line of the engine's about a transfer; only what we use. */
type Line = { id?: string; status?: string; error?: string; progressDetail?: { current?: number; total?: number } }

/**
 * Reads what the engine says of a transfer and tells people of it: at its begin and its end, and in between after pauses that
 * double, so that also a very long one is told in few lines. Throws the engine's words when it has failed.
 */
export class PullProgress {
  readonly #image: string
  readonly #clock: Clock
  readonly #tell: (text: string) => void
  readonly #begunMs: number
  readonly #parts = new Map<string, { current: number; total: number }>()
  #nextMs = firstPauseMs

  constructor(image: string, clock: Clock, tell: (text: string) => void) {
    this.#image = image
    this.#clock = clock
    this.#tell = tell
    this.#begunMs = clock.monotonicMs()
    tell(`Pulling image ${image}`)
  }

  take(text: string): void {
    const line = (text.trim() === '' ? {} : JSON.parse(text)) as Line
    if (line.error) throw new Error(line.error)
    this.#count(line)
    if (this.#passedMs < this.#nextMs) return
    this.#nextMs *= 2
    const [current, total] = [this.#sum('current'), this.#sum('total')]
    this.#tell(`Pulling image ${this.#image}: ${formatBytes(current)} of ${formatBytes(Math.max(current, total))}`)
  }

  end(): void {
    const size = this.#parts.size > 0 ? `, ${formatBytes(this.#sum('total'))}` : ''
    const seconds = BigInt(Math.ceil(this.#passedMs / 1000))
    this.#tell(`Pulled image ${this.#image} in ${formatDuration(seconds * 1_000_000_000n)}${size}`)
  }

  #count({ id, status, progressDetail: { current = 0, total = 0 } = {} }: Line): void {
    if (!id || status !== 'Downloading') return
    if (this.#parts.has(id) || this.#parts.size < partLimit) this.#parts.set(id, { current, total })
  }

  #sum(what: 'current' | 'total'): number {
    return [...this.#parts.values()].reduce((sum, part) => sum + part[what], 0)
  }

  get #passedMs(): number {
    return this.#clock.monotonicMs() - this.#begunMs
  }
}
