import type { Disk } from '#contracts/disk.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import type { LogKeeper, LogOpening, LogStore } from '#contracts/log-store.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'

/** The output of programs on one machine; it outlives the process. */
export class KeptLogs implements LogStore {
  readonly #disk: Disk
  readonly #kept = new Map<ExecutionId, LogChunk[]>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  async open(executionId: ExecutionId, { isResumed }: LogOpening): Promise<LogKeeper> {
    const chunks = (isResumed ? this.#kept.get(executionId) : undefined) ?? []
    this.#kept.set(executionId, chunks)
    const text = (stream: LogStream): string =>
      Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map(({ bytes }) => bytes)).toString()
    const lengthOf = (stream: LogStream): number => chunks.findLast((chunk) => chunk.stream === stream)?.end ?? 0
    return {
      write: (stream, bytes) => {
        chunks.push({ stream, bytes: Uint8Array.from(bytes), end: lengthOf(stream) + bytes.length })
        return undefined
      },
      summary: () => ({ Stdout: text(1), StdoutTruncated: false, stderr: text(2), StderrTruncated: false }),
      writeFiles: async (directory) => {
        await this.#disk.writeFile(`${directory}/stdout`, text(1))
        await this.#disk.writeFile(`${directory}/stderr`, text(2))
      },
      close: async () => {},
    }
  }

  async *read({ executionId }: LogQuery): AsyncIterable<LogChunk> {
    const chunks = this.#kept.get(executionId)
    if (!chunks) throw new Fault('NotFound', `nothing is kept of ${executionId}`)
    yield* chunks
  }
}
