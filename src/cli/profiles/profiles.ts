import { Fault } from '#lib/fault.ts'
import { replaceLink } from '#platform/links.ts'
import type { Host } from '../host.ts'
import { doing } from '../shared/wrap-error.ts'
import { currentLink, currentProfile } from './current.ts'
import { changedProfile, type Profile, readProfile } from './profile.ts'

const suffix = '.yaml'

/**
 * The profiles of a data folder: `profiles/<name>.yaml`, which nobody else may read, and the link `current` to the one
 * that is used when none is named. Release 1.9 keeps its own in the same way.
 */
export class Profiles {
  readonly #dataDir: string
  readonly #folder: string
  readonly #host: Host

  constructor(dataDir: string, host: Host) {
    this.#dataDir = dataDir
    this.#folder = `${dataDir}/profiles`
    this.#host = host
  }

  /** All of them, by name. */
  async list(): Promise<{ name: string; profile: Profile }[]> {
    const files = (await this.#host.disk.list(this.#folder)).filter((file) => file.endsWith(suffix)).sort()
    return Promise.all(
      files.map(async (file) => {
        const name = file.slice(0, -suffix.length)
        return { name, profile: await this.load(name) }
      }),
    )
  }

  current(): Promise<string | undefined> {
    return currentProfile(this.#dataDir)
  }

  async has(name: string): Promise<boolean> {
    return (await this.#read(name)) !== undefined
  }

  /** Throws a Fault when there is none of that name. */
  async load(name: string): Promise<Profile> {
    const bytes = await this.#read(name)
    if (!bytes) throw notFound(name)
    return doing(`profile "${name}"`, () => readProfile(bytes))
  }

  /** Makes a profile, or changes some fields of one. */
  async save(name: string, change: Partial<Profile>): Promise<void> {
    const before = await this.#read(name)
    const text = changedProfile(Buffer.from(before ?? '').toString('utf8'), change)
    await this.#host.disk.makeDirectory(this.#folder)
    await this.#host.disk.replaceFile(this.#path(name), text, 0o600)
  }

  async select(name: string): Promise<void> {
    await this.load(name)
    await replaceLink(currentLink(this.#dataDir), `${name}${suffix}`)
  }

  /** Also one that cannot be read. */
  async remove(name: string): Promise<void> {
    if (!(await this.has(name))) throw notFound(name)
    if ((await this.current()) === name) await this.#host.disk.remove(currentLink(this.#dataDir))
    await this.#host.disk.remove(this.#path(name))
  }

  #read(name: string): Promise<Uint8Array | undefined> {
    return this.#host.disk.readFile(this.#path(name))
  }

  /** A name is the name of a file: nothing that leads elsewhere. */
  #path(name: string): string {
    if (name.trim() === '') throw new Fault('ValidationError', 'profile name cannot be empty')
    if (/^[^./\\\p{Cc}][^/\\\p{Cc}]*$/u.test(name)) return `${this.#folder}/${name}${suffix}`
    throw new Fault('ValidationError', `"${name}" cannot be the name of a profile`, {
      hint: 'A name has no slashes, and does not begin with a dot.',
    })
  }
}

const notFound = (name: string): Fault =>
  new Fault('NotFound', `profile "${name}" not found`, { hint: "Run 'bacalhau profile list' for those there are." })
