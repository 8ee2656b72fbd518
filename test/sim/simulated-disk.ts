import type { Disk } from '#contracts/disk.ts'
import { Fault } from '#lib/fault.ts'
import type { World } from './world.ts'

/** The file system of one machine: it outlives the process, and writing may fail. */
export class SimulatedDisk implements Disk {
  readonly #world: World
  readonly #files = new Map<string, Uint8Array>()
  readonly #folders = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  async makeDirectory(path: string): Promise<void> {
    this.#mayFail(path)
    this.#folders.add(path)
  }

  async remove(path: string): Promise<void> {
    this.#mayFail(path)
    for (const folder of [...this.#folders]) if (isInside(folder, path)) this.#folders.delete(folder)
    for (const file of [...this.#files.keys()]) if (isInside(file, path)) this.#files.delete(file)
  }

  async keepOnly(path: string, isWanted: (name: string) => boolean): Promise<number> {
    const inside = [...this.#files.keys()].filter((file) => file.startsWith(`${path}/`))
    const [kept, gone] = [[] as string[], [] as string[]]
    for (const file of inside) (isWanted(file.slice(path.length + 1)) ? kept : gone).push(file)
    for (const file of gone) await this.remove(file)
    return kept.length
  }

  async list(path: string): Promise<string[]> {
    const inside = [...this.#folders, ...this.#files.keys()].filter((entry) => entry.startsWith(`${path}/`))
    return [...new Set(inside.map((entry) => entry.slice(path.length + 1).split('/')[0] as string))].sort()
  }

  async writeFile(path: string, bytes: Uint8Array | string): Promise<void> {
    this.#mayFail(path)
    this.#files.set(path, typeof bytes === 'string' ? Buffer.from(bytes) : Uint8Array.from(bytes))
  }

  replaceFile(path: string, bytes: Uint8Array | string): Promise<void> {
    return this.writeFile(path, bytes)
  }

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return this.#files.get(path)
  }

  async sync(): Promise<void> {}
  async syncAll(): Promise<void> {}

  async usedBytes(path: string): Promise<number> {
    return [...this.#files].reduce((sum, [file, bytes]) => sum + (isInside(file, path) ? bytes.length : 0), 0)
  }

  /** Nothing that was written is ever lost. */
  async bootId(): Promise<string> {
    return 'the only one'
  }

  #mayFail(path: string): void {
    if (this.#world.strikes('file failed')) throw new Fault('StorageFull', `no space left for ${path}`)
  }
}

const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)
