import type { Disk } from '#contracts/disk.ts'
import type { Scratch } from '#contracts/engine.ts'
import type { ExecutionId } from '#models/ids.ts'

/** The folder of one execution and what is where in it. Nothing is made before it is needed. */
export class ExecutionDirectories {
  readonly #disk: Disk
  readonly #parent: string
  readonly #root: string
  #isMade = false
  /** Everything that is to be published is in its folder. */
  isResultWhole = false

  constructor(disk: Disk, executionsRoot: string, executionId: ExecutionId) {
    this.#disk = disk
    this.#parent = executionsRoot
    this.#root = `${executionsRoot}/${executionId}`
  }

  get scratch(): Scratch {
    return { path: `${this.#root}/scratch`, make: async () => void (await this.#make('scratch')) }
  }

  get result(): string {
    return `${this.#root}/result`
  }

  /** File that says how the program has ended. */
  get ended(): string {
    return `${this.#root}/ended`
  }

  input(index: number): Promise<string> {
    return this.#make(`inputs/${index}`)
  }

  /** What has been fetched. */
  inputBytes(): Promise<number> {
    return this.#disk.usedBytes(`${this.#root}/inputs`)
  }

  /** Results live where they are published from; `name` was checked when the job was submitted. */
  output(name: string): Promise<string> {
    return this.#make(`result/${name}`)
  }

  makeResult(): Promise<string> {
    return this.#make('result')
  }

  /** It survives the machine. */
  async syncResult(): Promise<void> {
    await this.#disk.syncAll(this.result)
    await this.#disk.sync(this.#root)
    await this.#disk.sync(this.#parent)
  }

  async remove(): Promise<void> {
    if (this.#isMade) await this.#disk.remove(this.#root)
  }

  /** They exist from before a restart. */
  adopt(): void {
    this.#isMade = true
  }

  async #make(name: string): Promise<string> {
    this.#isMade = true
    const path = `${this.#root}/${name}`
    await this.#disk.makeDirectory(path)
    return path
  }
}
