import type { Clock } from '#lib/clock.ts'
import { formatBytes } from '#lib/sizes.ts'

const momentMs = 200
/** Speed is that of this long ago until now. */
const windowMs = 5_000

/** How fast something moves, from how far it was at some moments of the last seconds. */
export class Speed {
  readonly #clock: Clock
  readonly #moments: { atMs: number; bytes: number }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** It is so far now; what is told more often than five times a second is not looked at. */
  note(bytes: number): void {
    const atMs = this.#clock.monotonicMs()
    const last = this.#moments.at(-1)
    if (last && atMs - last.atMs < momentMs) return
    this.#moments.push({ atMs, bytes })
    while (this.#moments.length > 2 && (this.#moments[0]?.atMs ?? 0) < atMs - windowMs) this.#moments.shift()
  }

  /** `5.2 MB/s`, and when it is known how many bytes are left, `8s left`; nothing as long as nothing moves. */
  texts(leftBytes: number | undefined): string[] {
    const bytesPerSecond = this.#bytesPerSecond()
    if (bytesPerSecond <= 0) return []
    const speed = `${formatBytes(Math.round(bytesPerSecond))}/s`
    return leftBytes === undefined ? [speed] : [speed, `${leftText(leftBytes / bytesPerSecond)} left`]
  }

  #bytesPerSecond(): number {
    const [first, last] = [this.#moments[0], this.#moments.at(-1)]
    if (!first || !last || last.atMs === first.atMs) return 0
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs)
  }
}

/** `8s`, `2m05s`, `3h10m`: the larger two units. */
function leftText(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds))
  const two = (number: number) => String(number).padStart(2, '0')
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`
}
