import type { FileOrigin } from '#contracts/file-cache.ts'
import type { PreparedInput } from '#contracts/storage.ts'
import { formatDuration } from '#lib/duration.ts'
import { formatBytes } from '#lib/sizes.ts'
import { topics } from '#models/event.ts'
import type { RunContext } from '../run-context.ts'

/** An input that was brought to this node, wherever from. */
export type Arrival = {
  type: string
  target: string
  sizeBytes: number
  tookMs: number
  origins: ReadonlySet<FileOrigin>
}

const fetched: ReadonlySet<FileOrigin> = new Set(['brought'])

const mostNamed = 10

/** Watches the inputs of one execution come in. */
export class Arrivals {
  readonly #context: RunContext
  readonly #startMs: number
  readonly #come: (Omit<Arrival, 'sizeBytes'> & { sizeBytes: number | undefined; directory: string })[] = []

  constructor(context: RunContext) {
    this.#context = context
    this.#startMs = context.clock.monotonicMs()
  }

  /** What is mounted where it lies did not come here. */
  add({ input, hostPath, origins = fetched, sizeBytes }: PreparedInput, directory: string): void {
    if (!hostPath.startsWith(directory)) return
    const tookMs = this.#context.clock.monotonicMs() - this.#startMs
    this.#come.push({ type: input.Source.Type, target: input.Target, directory, tookMs, origins, sizeBytes })
  }

  /** Has the history say how they came. */
  async tell(): Promise<void> {
    if (this.#come.length === 0) return
    const { disk, onProgress } = this.#context
    const sized = this.#come.map(async (each) => ({
      ...each,
      sizeBytes: each.sizeBytes ?? (await disk.usedBytes(each.directory)),
    }))
    onProgress(topics.downloadingInputs, arrivalsText(await Promise.all(sized)))
  }
}

/** How large each input is, and how long it took and how fast it came, unless the node had it. */
export function arrivalsText(inputs: readonly Arrival[]): string {
  const named = inputs.slice(0, mostNamed).map(textOf)
  const others = inputs.length - named.length
  return `Fetched ${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`
}

function textOf({ type, target, sizeBytes, tookMs, origins }: Arrival): string {
  if (origins.size === 0) return `${type} at ${target}: nothing, there is no file in it`
  const what = `${type} at ${target}: ${formatBytes(sizeBytes)}`
  if (origins.has('kept') && !origins.has('brought')) return `${what} from the cache`
  const ms = Math.max(1, Math.round(tookMs))
  const speed = `${formatBytes(Math.round((sizeBytes / ms) * 1000))}/s`
  return `${what} in ${formatDuration(BigInt(ms) * 1_000_000n)} (${origins.has('kept') ? 'some of it from the cache' : speed})`
}
