import type { PreparedInput } from '#contracts/storage.ts'
import { formatDuration } from '#lib/duration.ts'
import { formatBytes } from '#lib/sizes.ts'
import { topics } from '#models/event.ts'
import type { RunContext } from '../run-context.ts'

/** An input that was brought to this node, wherever from. */
export type Arrival = { type: string; target: string; sizeBytes: number; tookMs: number }

const mostNamed = 10

/** Watches the inputs of one execution come in. */
export class Arrivals {
  readonly #context: RunContext
  readonly #startMs: number
  readonly #come: (Omit<Arrival, 'sizeBytes'> & { directory: string })[] = []

  constructor(context: RunContext) {
    this.#context = context
    this.#startMs = context.clock.monotonicMs()
  }

  /** What is mounted where it lies did not come here. */
  add({ input, hostPath }: PreparedInput, directory: string): void {
    if (!hostPath.startsWith(directory)) return
    const tookMs = this.#context.clock.monotonicMs() - this.#startMs
    this.#come.push({ type: input.Source.Type, target: input.Target, directory, tookMs })
  }

  /** Has the history say how they came. */
  async tell(): Promise<void> {
    if (this.#come.length === 0) return
    const { disk, onProgress } = this.#context
    const sized = this.#come.map(async (each) => ({ ...each, sizeBytes: await disk.usedBytes(each.directory) }))
    onProgress(topics.downloadingInputs, arrivalsText(await Promise.all(sized)))
  }
}

/** How large each input is, how long it took and how fast it came. */
export function arrivalsText(inputs: readonly Arrival[]): string {
  const named = inputs.slice(0, mostNamed).map(textOf)
  const others = inputs.length - named.length
  return `Fetched ${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`
}

function textOf({ type, target, sizeBytes, tookMs }: Arrival): string {
  const ms = Math.max(1, Math.round(tookMs))
  const speed = `${formatBytes(Math.round((sizeBytes / ms) * 1000))}/s`
  return `${type} at ${target}: ${formatBytes(sizeBytes)} in ${formatDuration(BigInt(ms) * 1_000_000n)} (${speed})`
}
