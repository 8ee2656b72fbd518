import type { Mount, RunFailure } from '../protocol/run-order.ts'
import { DescriptorTable } from './descriptor-table.ts'
import { DiskBudget } from './disk-budget.ts'
import { FileStats } from './file-stat.ts'
import { FileTimes } from './file-times.ts'
import { FolderCalls } from './folder-calls.ts'
import { MountTree } from './mount-tree.ts'
import { folderOf } from './walk.ts'
import type { Web } from './web.ts'
import type { World } from './world.ts'

/** Where the program's output goes. */
export interface GuestOutput {
  /** Takes the bytes before it returns. */
  write(stream: 1 | 2, bytes: Uint8Array): void
  /** Everything written so far is on its way; called before the guest sleeps. */
  flush(): void
}

export type GuestOptions = {
  args: readonly string[]
  env: readonly (readonly [name: string, value: string])[]
  mounts: readonly Mount[]
  /** Bytes it may write; absent = no limit. */
  diskLimitBytes?: number
  world: World
  output: GuestOutput
  web: Web
  /** Collects the garbage of calls; asked for now and then. */
  collectYoung?: () => void
}

/** A call leaves up to a kilobyte, and collecting takes as long as a few hundred calls. */
const callsBetweenCollections = 4000

/** A memory made for the run. `limitPages`: what its job lets it have, where its module would take more. */
type RunMemory = { memory: WebAssembly.Memory; limitPages?: number }
/** `refused`: the pages that a module was refused when it last asked to grow that memory, 0 when it got them. */
type Growth = { memory: WebAssembly.Memory; refused: WebAssembly.Global }

/** Thrown through the program when it is over: by itself (`proc_exit`), or because it went too far. */
export class ProgramEnd {
  readonly exitCode: number
  readonly failure: RunFailure | undefined

  constructor(exitCode: number, failure?: RunFailure) {
    this.exitCode = exitCode
    this.failure = failure
  }
}

/** One run of a program as WASI sees it; all its instances share it. Nothing of it survives `close`. */
export class Guest {
  readonly args: readonly Buffer[]
  readonly env: readonly Buffer[]
  readonly world: World
  readonly output: GuestOutput
  readonly web: Web
  readonly #collectYoung: () => void
  #calls = 0
  readonly tree: MountTree
  readonly descriptors: DescriptorTable
  readonly folders: FolderCalls
  readonly stats: FileStats
  readonly times: FileTimes
  readonly disk: DiskBudget
  readonly memories: RunMemory[] = []
  readonly growths: Growth[] = []
  /** Set when the program is over; one that catches the end gets it again at its next call. */
  end: ProgramEnd | undefined
  /** What went wrong in a call by our own fault; the run is over. */
  bug: unknown

  constructor(options: GuestOptions) {
    this.args = options.args.map(terminated)
    this.env = options.env.map(([name, value]) => terminated(`${name}=${value}`))
    this.world = options.world
    this.output = options.output
    this.web = options.web
    this.#collectYoung = options.collectYoung ?? (() => {})
    this.tree = new MountTree(options.mounts)
    this.descriptors = new DescriptorTable(folderOf(this.tree.root))
    this.folders = new FolderCalls(this.tree.root)
    this.times = new FileTimes(options.world)
    this.stats = new FileStats(options.world.isRepeatable, this.times)
    this.disk = new DiskBudget(this.tree, this.descriptors, options.diskLimitBytes)
  }

  /** At the beginning of each call. */
  countCall(): void {
    this.#calls += 1
    if (this.#calls % callsBetweenCollections === 0) this.#collectYoung()
  }

  /** Ends the program for good. */
  finish(end: ProgramEnd): never {
    this.end ??= end
    // oxlint-disable-next-line typescript/only-throw-error -- it unwinds the guest; nobody reads a stack
    throw this.end
  }

  /** Counts bytes about to be written to a file. */
  spendDisk(bytes: number): void {
    this.#spend({ bytes, entries: 0 })
  }

  /** Counts a file, folder or link that is made. */
  spendName(): void {
    this.#spend({ bytes: 0, entries: 1 })
  }

  #spend(spent: { bytes: number; entries: number }): void {
    const usedBytes = this.disk.spend(spent)
    if (usedBytes === undefined) return
    const message = `disk limit exceeded: ${usedBytes} bytes written, ${this.disk.limitBytes} allowed`
    this.finish(
      new ProgramEnd(1, { message, class: 'resource', hint: 'Ask for more disk in the Resources of the task' }),
    )
  }

  /** What its memories take; they never shrink, so at the end this is the most they took. */
  get memoryBytes(): number {
    return this.memories.reduce((sum, { memory }) => sum + memory.buffer.byteLength, 0)
  }

  close(): void {
    this.descriptors.closeAll()
    this.tree.close()
  }
}

/** C text: UTF-8 and a NUL; a NUL inside would end it early, so it ends there. */
const terminated = (text: string): Buffer => Buffer.from(`${text.split('\0')[0]}\0`, 'utf8')
