import type { LiveFacts } from '#compute/node-info.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { formatResources } from '#lib/resources.ts'
import { fitsInto, type Gpu, type Resources } from '#models/resources.ts'
import { gpuTools } from '#platform/detect-gpus.ts'
import type { OnToolTrouble } from '#platform/tool-output.ts'

type Labels = Readonly<Record<string, string>>

export type MachineParts = {
  clock: Clock
  /** Between two looks; 0 = one look only. */
  everyMs: number
  detect: (onToolTrouble: OnToolTrouble) => Promise<Resources>
  /** The operator's labels as of now; throws when they cannot be read. */
  labels: () => Promise<Labels>
  /** What is given to jobs of what there is, and what the node is called. */
  factsOf: (found: Resources, labels: Labels) => LiveFacts
  log: EventLog
}

/** A look starts the tools of three vendors. */
const leastMs = 100

/** What this machine has and its operator calls it, looked at again while the node runs. */
export class Machine implements Startable {
  readonly #parts: MachineParts
  /** By tool: why it was of no use the last time. */
  readonly #troubles = new Map<string, string>()
  #found: Resources | undefined
  #labels: Labels = {}
  #labelTrouble = ''
  #facts: LiveFacts | undefined
  #timer: Timer | undefined
  #offersMore = false
  #isStopped = false
  /** Takes what differs from what it was before. */
  onChange: (facts: LiveFacts) => Promise<void> = async () => {}

  constructor(parts: MachineParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    const { clock, everyMs, log } = this.#parts
    if (everyMs === 0 || this.#isStopped) return
    const again = (): Promise<void> => this.start()
    this.#timer = clock.after(Math.max(leastMs, everyMs), () => {
      void this.#lookAgain()
        .catch((error: unknown) => log('machine_not_read', { error }))
        .then(again)
    })
  }

  /** A tool that hangs is not waited for. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.stop()
  }

  async look(): Promise<LiveFacts> {
    const { detect, factsOf, log } = this.#parts
    const silent = new Set<string>()
    const now = await detect((tool, reason) => {
      silent.add(tool)
      if (this.#troubles.get(tool) !== reason) log('gpu_tool_failed', { tool, reason })
      this.#troubles.set(tool, reason)
    })
    this.#found = this.#found ? later(this.#found, now, silent) : now
    this.#labels = await this.#readLabels()
    const facts = factsOf(this.#found, this.#labels)
    // Allowed, as by release 1.9: jobs that wait much share a machine well. GPUs that are not there would fail their jobs.
    const isMore = !fitsInto(facts.capacity, this.#found)
    if (isMore && !this.#offersMore)
      log('offers_more_than_found', {
        offered: formatResources(facts.capacity),
        found: formatResources(this.#found),
      })
    this.#offersMore = isMore
    this.#facts = facts
    return facts
  }

  /** A file that is just being edited, or is wrong, changes nothing. */
  async #readLabels(): Promise<Labels> {
    try {
      const labels = await this.#parts.labels()
      this.#labelTrouble = ''
      return labels
    } catch (error) {
      const reason = messageOf(error)
      if (reason !== this.#labelTrouble) this.#parts.log('labels_not_read', { reason })
      this.#labelTrouble = reason
      return this.#labels
    }
  }

  async #lookAgain(): Promise<void> {
    const { log } = this.#parts
    const before = this.#facts
    const facts = await this.look()
    if (this.#isStopped || isSame(facts, before)) return
    if (!isSame(facts.capacity, before?.capacity)) log('capacity_changed', { offered: formatResources(facts.capacity) })
    if (!isSame(facts.labels, before?.labels)) log('labels_changed', { labels: facts.labels })
    await this.onChange(facts)
  }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * Free disk counts as it was at the start: since then the node's own jobs fill and empty it. GPUs whose tool does not say
 * anything now are as they were.
 */
const later = (before: Resources, now: Resources, silent: ReadonlySet<string>): Resources => {
  const isUnsaid = ({ Vendor }: Gpu): boolean => silent.has(gpuTools[Vendor] ?? '')
  const kept = (before.GPUs ?? []).filter(isUnsaid)
  const seen = (now.GPUs ?? []).filter((gpu) => !isUnsaid(gpu))
  const GPUs = Object.keys(gpuTools).flatMap((vendor) => [...kept, ...seen].filter(({ Vendor }) => Vendor === vendor))
  return {
    CPU: now.CPU,
    Memory: now.Memory,
    Disk: before.Disk,
    GPU: GPUs.length,
    ...(GPUs.length > 0 ? { GPUs } : {}),
  }
}
