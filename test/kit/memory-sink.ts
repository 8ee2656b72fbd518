import type { LogSink, LogStream, LogTimes } from '#contracts/log-sink.ts'

/** Keeps output in memory. A slow one makes the program wait, and notices when it is written to although it said "full". */
export class MemorySink implements LogSink {
  readonly #kept: Record<LogStream, Buffer[]> = { 1: [], 2: [] }
  readonly #earlierBytes: Record<LogStream, number>
  readonly #times: LogTimes | undefined
  readonly #delay: (() => Promise<void>) | undefined
  #isFull = false
  /** Writes that came while it was full: none of them is right. */
  impatientWrites = 0
  #watchers: (() => void)[] = []

  constructor(
    options: { delay?: () => Promise<void>; earlierBytes?: Record<LogStream, number>; times?: LogTimes } = {},
  ) {
    this.#times = options.times
    this.#delay = options.delay
    this.#earlierBytes = options.earlierBytes ?? { 1: 0, 2: 0 }
  }

  write(stream: LogStream, bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isFull) this.impatientWrites++
    this.#kept[stream].push(Buffer.from(bytes))
    for (const look of this.#watchers) look()
    if (!this.#delay) return undefined
    this.#isFull = true
    return this.#delay().then(() => {
      this.#isFull = false
    })
  }

  keptBytes(stream: LogStream): number {
    return this.#earlierBytes[stream]
  }

  keptTimes(): LogTimes | undefined {
    return this.#times
  }

  bytes(stream: LogStream): Buffer {
    return Buffer.concat(this.#kept[stream])
  }

  get stdout(): string {
    return this.bytes(1).toString('utf8')
  }

  get stderr(): string {
    return this.bytes(2).toString('utf8')
  }

  /** Resolves once stdout contains the text. */
  async untilPrinted(text: string): Promise<void> {
    if (this.stdout.includes(text)) return
    await new Promise<void>((resolve) => {
      this.#watchers.push(() => {
        if (this.stdout.includes(text)) resolve()
      })
    })
  }
}
